package smalti.dalle.text;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import smalti.tensor.Random;

/// Encodes texts into token ids and decodes them, by byte-pair encoding over UTF-8 bytes.
///
/// Immutable and safe to share between threads. Every text can be encoded, and
/// `decode(encode(text))` equals [normalise(text)][#normalise]. Made by [BpeTrainer], [#load] or
/// [#importGpt2].
public final class BpeTokenizer {
  /// Bounds the cache of words; captions repeat few words, a hostile text must not fill memory.
  private static final int MAX_CACHED_WORDS = 1 << 16;

  private final MergeTable table;
  private final PreTokenizer preTokenizer;
  private final String characters;
  private final Map<String, int[]> cache = new ConcurrentHashMap<>();

  BpeTokenizer(MergeTable table, PreTokenizer preTokenizer, String characters) {
    this.table = table;
    this.preTokenizer = preTokenizer;
    this.characters = characters;
  }

  /// Makes a tokenizer from merges in order of rank, each two tokens with a space between, bytes
  /// written in GPT-2's alphabet (`Ġre d` makes " red").
  ///
  /// `characters` are the ones seen in training ([#characters]); empty if that is not known. Throws
  /// `IllegalArgumentException`, naming the merge, if one makes no sense.
  public static BpeTokenizer of(List<String> merges, PreTokenizer preTokenizer, String characters) {
    return new BpeTokenizer(MergeTable.of(merges), preTokenizer, characters);
  }

  /// Reads a vocabulary written by [#save].
  ///
  /// Throws `IOException` with one complete sentence if the file is missing, damaged, of another
  /// kind, or of a later version.
  public static BpeTokenizer load(Path file) throws IOException {
    return BpeFile.load(file);
  }

  /// Reads GPT-2's list of merges (`vocab.bpe` or `merges.txt`); ids are then GPT-2's.
  ///
  /// CLIP's list does not fit: it marks the ends of words, see the package's description. Throws
  /// `IOException` with one complete sentence if the file is missing or not such a list.
  public static BpeTokenizer importGpt2(Path file) throws IOException {
    return BpeFile.importGpt2(file);
  }

  /// Writes the vocabulary as JSON, to a temporary file first, so that `file` is never half
  /// written.
  public void save(Path file) throws IOException {
    BpeFile.save(this, file);
  }

  /// Encodes a text; the empty text (or one of spaces only, for captions) has no tokens.
  public int[] encode(String text) {
    List<int[]> words = new ArrayList<>();
    for (String word : preTokenizer.words(text)) {
      words.add(encodeWord(word));
    }
    return concat(words);
  }

  /// Encodes a text and keeps the first `maxTokens` ids; the result tells whether some are missing.
  public Encoding encode(String text, int maxTokens) {
    return Encoding.of(encode(text), maxTokens);
  }

  /// Encodes with BPE dropout: at each step each possible merge is skipped with this probability.
  ///
  /// Dropout 0 equals [#encode(String)], dropout 1 gives single bytes; DALL·E trains with 0.1. The
  /// same state of `random` gives the same ids. Source: Provilkov et al. 2020, algorithm 1. Throws
  /// `IllegalArgumentException` if `dropout` is outside `[0, 1]`.
  public int[] encode(String text, float dropout, Random random) {
    if (!(dropout >= 0 && dropout <= 1)) {
      throw new IllegalArgumentException("BPE dropout must be in [0, 1], not " + dropout + ".");
    }
    if (dropout == 0) {
      return encode(text);
    }
    BooleanSupplier keep = () -> random.nextFloat() >= dropout;
    List<int[]> words = new ArrayList<>();
    for (String word : preTokenizer.words(text)) {
      words.add(table.apply(utf8(word), keep));
    }
    return concat(words);
  }

  /// Decodes ids into the normalised text; bytes that are no UTF-8 become U+FFFD.
  ///
  /// Throws `IllegalArgumentException` for an id outside `[0, vocabSize)`.
  public String decode(int... ids) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(4 * ids.length);
    for (int id : ids) {
      bytes.writeBytes(token(id));
    }
    return preTokenizer.text(bytes.toByteArray());
  }

  /// Shows where a text is cut into tokens: `["▁a", "▁r", "ed"]`. See [#segments(int...)].
  public List<String> segments(String text) {
    return segments(encode(text));
  }

  /// Shows tokens for people: a space as `▁`, bytes that are part of a character as `<f0 9f>`.
  public List<String> segments(int... ids) {
    List<String> segments = new ArrayList<>(ids.length);
    for (int id : ids) {
      byte[] token = token(id);
      try {
        segments.add(
            StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(token))
                .toString()
                .replace(' ', '▁'));
      } catch (CharacterCodingException partOfCharacter) {
        segments.add("<" + HexFormat.ofDelimiter(" ").formatHex(token) + ">");
      }
    }
    return segments;
  }

  /// Brings a text into the form that [#decode] gives back: see [PreTokenizer#normalise].
  public String normalise(String text) {
    return preTokenizer.normalise(text);
  }

  /// Counts the tokens: 256 bytes and one for each merge.
  public int vocabSize() {
    return table.size();
  }

  /// Lists the tokens in order of id, bytes written in GPT-2's alphabet: " red" is `Ġred`.
  public List<String> tokens() {
    List<String> tokens = new ArrayList<>(table.size());
    for (int id = 0; id < table.size(); id++) {
      tokens.add(ByteAlphabet.write(table.token(id)));
    }
    return tokens;
  }

  /// Lists the merges in order of rank: `Ġre d` makes `Ġred`.
  public List<String> merges() {
    return table.merges();
  }

  /// Returns the rule by which texts are normalised and cut into words.
  public PreTokenizer preTokenizer() {
    return preTokenizer;
  }

  /// Returns the characters seen in training, each once, rising, without spaces; empty if the
  /// vocabulary was imported and they are not known.
  public String characters() {
    return characters;
  }

  /// Returns the share of a text's characters, spaces aside, that occurred in training.
  ///
  /// Every text has tokens, as every byte has one; but a model never saw the bytes of a script that
  /// was not in its captions, and at 0 it has nothing to go by. A blank text has 0. If
  /// [#characters] is empty, every character counts as known.
  public double knownFraction(String text) {
    int[] found = visible(text);
    return found.length == 0
        ? 0
        : (double) Arrays.stream(found).filter(this::isKnown).count() / found.length;
  }

  /// Returns the characters of a text that did not occur in training, each once, in order.
  public String unknownCharacters(String text) {
    StringBuilder unknown = new StringBuilder();
    Arrays.stream(visible(text))
        .filter(c -> !isKnown(c))
        .distinct()
        .forEach(unknown::appendCodePoint);
    return unknown.toString();
  }

  /// Returns a SHA-256 over all that decides the ids, to tell whether a checkpoint was trained with
  /// this vocabulary.
  public String fingerprint() {
    return BpeFile.fingerprint(this);
  }

  private int[] visible(String text) {
    return normalise(text).codePoints().filter(c -> !PreTokenizer.isBlank(c)).toArray();
  }

  private boolean isKnown(int codePoint) {
    return characters.isEmpty() || characters.indexOf(codePoint) >= 0;
  }

  private int[] encodeWord(String word) {
    int[] known = cache.get(word);
    if (known != null) {
      return known;
    }
    int[] ids = table.apply(utf8(word), () -> true);
    if (cache.size() < MAX_CACHED_WORDS) {
      cache.put(word, ids);
    }
    return ids;
  }

  private byte[] token(int id) {
    if (id < 0 || id >= table.size()) {
      throw new IllegalArgumentException(
          "Token " + id + " is outside the vocabulary of " + table.size() + " tokens.");
    }
    return table.token(id);
  }

  private static byte[] utf8(String word) {
    return word.getBytes(StandardCharsets.UTF_8);
  }

  private static int[] concat(List<int[]> words) {
    int length = 0;
    for (int[] word : words) {
      length += word.length;
    }
    int[] all = new int[length];
    int at = 0;
    for (int[] word : words) {
      System.arraycopy(word, 0, all, at, word.length);
      at += word.length;
    }
    return all;
  }
}

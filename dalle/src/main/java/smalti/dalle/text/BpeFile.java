package smalti.dalle.text;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import smalti.tensor.io.AtomicFile;

/// Reads and writes vocabularies.
///
/// ```json
/// {
///   "format" : "smalti-bpe", "version" : 1,
///   "text" : "caption",                       how texts are normalised and cut: PreTokenizer
///   "characters" : "abcdefghijklmnopqrstuvwyz",    seen in training
///   "vocabSize" : 258,                        256 bytes and the merges, as a check
///   "merges" : [ "Ġ r", "Ġr ed" ]             in order of rank
/// }
/// ```
final class BpeFile {
  private static final String FORMAT = "smalti-bpe";
  private static final int VERSION = 1;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private BpeFile() {}

  static void save(BpeTokenizer tokenizer, Path file) throws IOException {
    byte[] json = toJson(tokenizer);
    AtomicFile.write(file, out -> out.write(json));
  }

  static BpeTokenizer load(Path file) throws IOException {
    String text = read(file);
    JsonNode root;
    try {
      root = JSON.readTree(text);
    } catch (JacksonException damaged) {
      throw new IOException(
          "The vocabulary %s is not JSON, or was cut short (line %d)."
              .formatted(
                  file, damaged.getLocation() == null ? 1 : damaged.getLocation().getLineNr()),
          damaged);
    }
    try {
      return parse(root);
    } catch (IllegalArgumentException wrong) {
      throw new IOException("The vocabulary " + file + " is damaged: " + wrong.getMessage(), wrong);
    }
  }

  static BpeTokenizer importGpt2(Path file) throws IOException {
    List<String> merges = new ArrayList<>();
    for (String line : read(file).lines().toList()) {
      boolean versionLine = merges.isEmpty() && line.startsWith("#version");
      if (!line.isEmpty() && !versionLine) {
        merges.add(line);
      }
    }
    try {
      return BpeTokenizer.of(merges, PreTokenizer.GPT2, "");
    } catch (IllegalArgumentException wrong) {
      throw new IOException(
          "The file " + file + " is no list of GPT-2 merges: " + wrong.getMessage(), wrong);
    }
  }

  static String fingerprint(BpeTokenizer tokenizer) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(tokenizer.preTokenizer().name().getBytes(StandardCharsets.UTF_8));
      for (String merge : tokenizer.merges()) {
        sha.update(("\n" + merge).getBytes(StandardCharsets.UTF_8));
      }
      return HexFormat.of().formatHex(sha.digest());
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("Every JDK has SHA-256.", impossible);
    }
  }

  private static byte[] toJson(BpeTokenizer tokenizer) throws IOException {
    var root = JSON.createObjectNode();
    root.put("format", FORMAT).put("version", VERSION);
    root.put("text", tokenizer.preTokenizer().name().toLowerCase(Locale.ROOT));
    root.put("characters", tokenizer.characters()).put("vocabSize", tokenizer.vocabSize());
    var merges = root.putArray("merges");
    tokenizer.merges().forEach(merges::add);
    var onePerLine = DefaultIndenter.SYSTEM_LINEFEED_INSTANCE.withLinefeed("\n");
    var printer =
        new DefaultPrettyPrinter().withObjectIndenter(onePerLine).withArrayIndenter(onePerLine);
    return JSON.writer(printer)
        .with(JsonGenerator.Feature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
        .writeValueAsBytes(root);
  }

  private static BpeTokenizer parse(JsonNode root) {
    check(
        FORMAT.equals(root.path("format").asText()), "it does not say \"format\": \"smalti-bpe\".");
    JsonNode version = root.path("version");
    check(version.isInt(), "it has no \"version\".");
    check(
        version.asInt() == VERSION,
        "it has version " + version.asInt() + ", and this program reads version " + VERSION + ".");
    JsonNode merges = root.path("merges");
    check(merges.isArray(), "it has no list \"merges\".");
    List<String> pairs = new ArrayList<>(merges.size());
    for (JsonNode merge : merges) {
      check(merge.isTextual(), "merge " + (pairs.size() + 1) + " is not a text.");
      pairs.add(merge.asText());
    }
    JsonNode characters = root.path("characters");
    check(characters.isTextual(), "it has no text \"characters\".");
    JsonNode vocabSize = root.path("vocabSize");
    check(vocabSize.isInt(), "it has no \"vocabSize\".");
    int counted = ByteAlphabet.SIZE + pairs.size();
    check(
        vocabSize.asInt() == counted,
        "it says %d tokens, but 256 bytes and %d merges make %d."
            .formatted(vocabSize.asInt(), pairs.size(), counted));
    return BpeTokenizer.of(pairs, preTokenizer(root.path("text").asText()), characters.asText());
  }

  private static PreTokenizer preTokenizer(String name) {
    for (PreTokenizer known : PreTokenizer.values()) {
      if (known.name().toLowerCase(Locale.ROOT).equals(name)) {
        return known;
      }
    }
    throw new IllegalArgumentException("its \"text\" is neither \"caption\" nor \"gpt2\".");
  }

  private static void check(boolean holds, String complaint) {
    if (!holds) {
      throw new IllegalArgumentException(complaint);
    }
  }

  private static String read(Path file) throws IOException {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException missing) {
      throw new IOException("There is no vocabulary file " + file + ".", missing);
    } catch (CharacterCodingException binary) {
      throw new IOException("The vocabulary " + file + " is no UTF-8 text.", binary);
    } catch (IOException unreadable) {
      throw new IOException("The vocabulary " + file + " cannot be read.", unreadable);
    }
  }
}

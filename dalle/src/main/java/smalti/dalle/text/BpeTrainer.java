package smalti.dalle.text;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.TreeSet;

/// Learns a BPE vocabulary from captions: start with the 256 bytes, and again and again join the
/// pair of neighbouring tokens that occurs most often into a new token.
///
/// A textbook trainer counts all pairs anew for each merge. This one keeps the counts: joining a
/// pair changes the counts of its neighbours only, in the words that contain it, and a priority
/// queue knows the most frequent pair. The merges are the same.
///
/// The same captions give the same merges, in whatever order they come: of equally frequent pairs
/// the one with the smaller left token wins, then the smaller right token (as unsigned bytes).
/// Source: Sennrich, Haddow, Birch 2016, algorithm 1.
///
/// @param vocabSize how many tokens to have in the end, bytes included; at least 256
/// @param minFrequency how often a pair must occur to be joined; at least 1
public record BpeTrainer(int vocabSize, long minFrequency) {
  /// Checks the ranges and throws `IllegalArgumentException`.
  public BpeTrainer {
    if (vocabSize < ByteAlphabet.SIZE) {
      throw new IllegalArgumentException(
          "A BPE vocabulary has at least 256 tokens (one for each byte), not " + vocabSize + ".");
    }
    if (minFrequency < 1) {
      throw new IllegalArgumentException(
          "The least frequency of a pair must be at least 1, not " + minFrequency + ".");
    }
  }

  /// Holds what training made.
  ///
  /// @param tokenizer the vocabulary, ready to encode
  /// @param requestedSize the vocabulary size that was asked for
  /// @param distinctWords how many different words the captions had
  /// @param bytes how many bytes all captions had, a leading space each included
  /// @param tokens how many tokens the same captions now have
  public record Result(
      BpeTokenizer tokenizer, int requestedSize, long distinctWords, long bytes, long tokens) {
    /// Tells whether pairs ran out before the vocabulary had the size that was asked for.
    public boolean stoppedEarly() {
      return tokenizer.vocabSize() < requestedSize;
    }

    /// Sums training up in one line for people.
    @Override
    public String toString() {
      return "BPE: %d tokens%s from %d distinct words, %.2f bytes per token"
          .formatted(
              tokenizer.vocabSize(),
              stoppedEarly() ? " (of " + requestedSize + "; no frequent pair is left)" : "",
              distinctWords,
              (double) bytes / tokens);
    }
  }

  /// Learns from captions that count once each.
  ///
  /// Throws `IllegalArgumentException` if all of them are blank.
  public Result train(Collection<String> captions) {
    Map<String, Long> counts = new LinkedHashMap<>();
    captions.forEach(caption -> counts.merge(caption, 1L, Long::sum));
    return train(counts);
  }

  /// Learns from captions with the number of times that each occurs.
  ///
  /// Throws `IllegalArgumentException` if all of them are blank or a count is not positive.
  public Result train(Map<String, Long> captions) {
    Map<String, Long> words = countWords(captions);
    Run run = new Run(words);
    boolean pairsLeft = true;
    while (pairsLeft && run.tokens.size() < vocabSize) {
      pairsLeft = run.mergeMostFrequent(minFrequency);
    }
    BpeTokenizer tokenizer =
        BpeTokenizer.of(run.merges, PreTokenizer.CAPTION, charactersOf(words.keySet()));
    return new Result(tokenizer, vocabSize, words.size(), run.bytes, run.tokenCount());
  }

  private static Map<String, Long> countWords(Map<String, Long> captions) {
    Map<String, Long> words = new HashMap<>();
    captions.forEach((caption, count) -> {
      if (count < 1) {
        throw new IllegalArgumentException(
            "The caption \"" + caption + "\" has the count " + count + ", not at least 1.");
      }
      for (String word : PreTokenizer.CAPTION.words(caption)) {
        words.merge(word, count, Long::sum);
      }
    });
    if (words.isEmpty()) {
      throw new IllegalArgumentException(
          "There is nothing to learn a vocabulary from: all "
              + captions.size()
              + " captions are blank.");
    }
    return words;
  }

  private static String charactersOf(Collection<String> words) {
    TreeSet<Integer> seen = new TreeSet<>();
    for (String word : words) {
      word.codePoints().filter(c -> !PreTokenizer.isBlank(c)).forEach(seen::add);
    }
    StringBuilder characters = new StringBuilder();
    seen.forEach(characters::appendCodePoint);
    return characters.toString();
  }

  /// Stands for a distinct word of the captions, as the tokens that it consists of so far.
  private static final class Word {
    final long count;
    int[] ids;

    Word(String text, long count) {
      this.count = count;
      this.ids = ByteAlphabet.ids(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  /// Counts a pair of tokens and remembers which words to look at when it is joined.
  ///
  /// As usual in BPE "aaa" counts as two pairs "aa", though only one of them can be joined.
  private static final class Pair {
    final int left;
    final int right;
    long count;
    final List<Word> words = new ArrayList<>(); // some may have lost the pair since

    Pair(int left, int right) {
      this.left = left;
      this.right = right;
    }
  }

  /// Says that a pair had this count when it was put into the queue; by now it may have less.
  private record Candidate(Pair pair, long count) {}

  /// Holds the state of one training.
  private static final class Run {
    final List<byte[]> tokens = new ArrayList<>();
    final List<String> merges = new ArrayList<>();
    final List<Word> words = new ArrayList<>();
    final Map<Long, Pair> pairs = new HashMap<>();
    final List<Pair> found = new ArrayList<>(); // pairs first counted now, not yet in the queue
    final PriorityQueue<Candidate> queue =
        new PriorityQueue<>(
            Comparator.comparingLong((Candidate c) -> -c.count)
                .thenComparing(c -> tokens.get(c.pair.left), Arrays::compareUnsigned)
                .thenComparing(c -> tokens.get(c.pair.right), Arrays::compareUnsigned));
    final long bytes;

    Run(Map<String, Long> wordCounts) {
      for (int id = 0; id < ByteAlphabet.SIZE; id++) {
        tokens.add(ByteAlphabet.token(id));
      }
      wordCounts.forEach((text, count) -> words.add(new Word(text, count)));
      bytes = tokenCount();
      for (Word word : words) {
        for (int i = 0; i + 1 < word.ids.length; i++) {
          count(word.ids[i], word.ids[i + 1], word);
        }
      }
      enqueueFound();
    }

    long tokenCount() {
      return words.stream().mapToLong(word -> word.count * word.ids.length).sum();
    }

    /// Joins the most frequent pair; false if none occurs `minFrequency` times.
    boolean mergeMostFrequent(long minFrequency) {
      Candidate top;
      while ((top = queue.poll()) != null) {
        if (top.count < minFrequency) {
          return false;
        }
        if (top.count == top.pair.count) {
          merge(top.pair);
          return true;
        }
        // A count only falls once it is in the queue, so nothing is missed by looking this late.
        queue.add(new Candidate(top.pair, top.pair.count));
      }
      return false;
    }

    private void merge(Pair pair) {
      int joined = tokens.size();
      byte[] left = tokens.get(pair.left);
      byte[] right = tokens.get(pair.right);
      tokens.add(MergeTable.join(left, right));
      merges.add(ByteAlphabet.write(left) + " " + ByteAlphabet.write(right));
      for (Word word : pair.words) {
        merge(word, pair.left, pair.right, joined);
      }
      enqueueFound();
    }

    /// Replaces each `left, right` in a word by `joined`, from left to right, and keeps the counts.
    ///
    /// With neighbours `x` and `y`, the pairs of `x left right y` give way to those of `x joined
    /// y`. Reads at `from` and writes at `to <= from`, so `x` may be a token just joined.
    private void merge(Word word, int left, int right, int joined) {
      int[] ids = word.ids;
      int to = 0;
      for (int from = 0; from < ids.length; to++) {
        if (from + 1 == ids.length || ids[from] != left || ids[from + 1] != right) {
          ids[to] = ids[from++];
          continue;
        }
        from += 2;
        uncount(left, right, word);
        if (to > 0) {
          uncount(ids[to - 1], left, word);
          count(ids[to - 1], joined, word);
        }
        if (from < ids.length) {
          uncount(right, ids[from], word);
          count(joined, ids[from], word);
        }
        ids[to] = joined;
      }
      word.ids = Arrays.copyOf(ids, to);
    }

    private void count(int left, int right, Word word) {
      Pair pair = pairs.get(MergeTable.pair(left, right));
      if (pair == null) {
        pair = new Pair(left, right);
        pairs.put(MergeTable.pair(left, right), pair);
        found.add(pair);
      }
      pair.count += word.count;
      if (pair.words.isEmpty() || pair.words.getLast() != word) {
        pair.words.add(word);
      }
    }

    private void uncount(int left, int right, Word word) {
      Objects.requireNonNull(pairs.get(MergeTable.pair(left, right))).count -= word.count;
    }

    private void enqueueFound() {
      found.forEach(pair -> queue.add(new Candidate(pair, pair.count)));
      found.clear();
    }
  }
}

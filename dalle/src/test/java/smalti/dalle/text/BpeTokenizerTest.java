package smalti.dalle.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.FloatRange;
import org.junit.jupiter.api.Test;
import smalti.tensor.Random;

final class BpeTokenizerTest {
  private static final BpeTokenizer SHAPES =
      new BpeTrainer(400, 1)
          .train(
              List.of(
                  "a small red circle at the top left",
                  "a large blue square at the bottom right",
                  "a small green triangle in the centre",
                  "straße und мир, 日本 👩‍🚀"))
          .tokenizer();

  @Provide
  Arbitrary<String> texts() {
    return Texts.unicode();
  }

  @Property
  void decodingGivesBackTheNormalisedText(@ForAll("texts") String text) {
    assertThat(SHAPES.decode(SHAPES.encode(text))).isEqualTo(SHAPES.normalise(text));
  }

  @Property
  void dropoutLosesNothing(
      @ForAll("texts") String text, @ForAll @FloatRange(max = 1) float p, @ForAll long seed) {
    int[] ids = SHAPES.encode(text, p, Random.of(seed));
    assertThat(SHAPES.decode(ids)).isEqualTo(SHAPES.normalise(text));
    assertThat(ids).isEqualTo(SHAPES.encode(text, p, Random.of(seed)));
  }

  @Property
  void noDropoutIsPlainAndFullDropoutIsBytes(@ForAll("texts") String text) {
    assertThat(SHAPES.encode(text, 0, Random.of(1))).isEqualTo(SHAPES.encode(text));
    assertThat(IntStream.of(SHAPES.encode(text, 1, Random.of(1)))).allMatch(id -> id < 256);
    // A dropout too small to happen takes the other way through the code, to the same end.
    assertThat(SHAPES.encode(text, 1e-30f, Random.of(3))).isEqualTo(SHAPES.encode(text));
  }

  @Test
  void aWordHasTheSameTokensEverywhere() {
    int[] alone = SHAPES.encode("circle");
    int[] inside = SHAPES.encode("red circle");
    assertThat(alone).hasSize(1);
    assertThat(inside).hasSize(2).endsWith(alone);
    assertThat(SHAPES.tokens().get(alone[0])).isEqualTo("Ġcircle");
  }

  @Test
  void segmentsShowTheCuts() {
    BpeTokenizer few = BpeTokenizer.of(List.of("Ġ r", "e d"), PreTokenizer.CAPTION, "der");
    assertThat(few.segments("Red ½")).containsExactly("▁r", "ed", "▁", "<c2>", "<bd>");
    assertThat(few.vocabSize()).isEqualTo(258);
    assertThat(few.tokens()).hasSize(258).doesNotHaveDuplicates().endsWith("Ġr", "ed");
  }

  @Test
  void theBestRankedPairIsJoinedFirst() {
    BpeTokenizer rightFirst = gpt2("b c", "a b");
    assertThat(rightFirst.segments("abc")).containsExactly("a", "bc");
    BpeTokenizer leftFirst = gpt2("a b", "b c");
    assertThat(leftFirst.segments("abc")).containsExactly("ab", "c");
    assertThat(gpt2("a a").segments("aaaaa")).containsExactly("aa", "aa", "a");
    assertThat(gpt2("a a", "aa aa", "aa a").segments("aaaaaaa")).containsExactly("aaaa", "aaa");
  }

  /// Compares with probabilities worked by hand from algorithm 1 of Provilkov et al. at p = 0.3.
  @Test
  void dropoutHasThePapersStatistics() {
    // One merge: it happens with 0.7, once refused nothing is left to do.
    assertShares(gpt2("a b"), "ab", Map.of("ab", 0.7, "a|b", 0.3));
    // Two in a row: the second is asked for only when the first has happened.
    assertShares(gpt2("a b", "ab c"), "abc", Map.of("abc", 0.49, "ab|c", 0.21, "a|b|c", 0.3));
    // Two that compete: the worse one gets its chance when the better one drops out.
    assertShares(gpt2("b c", "a b"), "abc", Map.of("a|bc", 0.7, "ab|c", 0.21, "a|b|c", 0.09));
    // Two places for one merge: both, or one; then the other is asked again in the next step.
    assertShares(
        gpt2("a b"),
        "abab",
        Map.of(
            "ab|ab",
            0.49 + 2 * 0.21 * 0.7,
            "ab|a|b",
            0.21 * 0.3,
            "a|b|ab",
            0.21 * 0.3,
            "a|b|a|b",
            0.09));
  }

  private static void assertShares(BpeTokenizer bpe, String text, Map<String, Double> expected) {
    int tries = 40_000;
    Random random = Random.of(11).split(text);
    Map<String, Integer> counts = new HashMap<>();
    for (int i = 0; i < tries; i++) {
      int[] ids = bpe.encode(text, 0.3f, random);
      counts.merge(String.join("|", bpe.segments(ids)), 1, Integer::sum);
    }
    assertThat(counts).containsOnlyKeys(expected.keySet());
    expected.forEach((cut, share) -> {
      double deviation = Math.sqrt(share * (1 - share) / tries);
      assertThat(counts.get(cut) / (double) tries).isCloseTo(share, within(5 * deviation));
    });
  }

  @Test
  void dropoutOutsideItsRangeIsRefused() {
    for (float p : new float[] {-0.1f, 1.1f, Float.NaN}) {
      assertThatThrownBy(() -> SHAPES.encode("a", p, Random.of(1)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("must be in [0, 1], not " + p);
    }
  }

  @Test
  void cuttingIsToldAndNeverSilent() {
    Encoding all = SHAPES.encode("a small red circle", 4);
    assertThat(all.truncated()).isFalse();
    assertThat(all.ids()).isEqualTo(SHAPES.encode("a small red circle"));
    assertThat(all).hasToString("all 4 tokens");

    Encoding cut = SHAPES.encode("a small red circle", 3);
    assertThat(cut.truncated()).isTrue();
    assertThat(cut.fullLength()).isEqualTo(4);
    assertThat(SHAPES.decode(cut.ids())).isEqualTo("a small red");
    assertThat(cut).hasToString("the first 3 of 4 tokens");
    assertThat(SHAPES.encode("a", 0).truncated()).isTrue();
    assertThatThrownBy(() -> SHAPES.encode("a", -1)).hasMessageContaining("not -1");
  }

  @Test
  void blankTextHasNoTokens() {
    assertThat(SHAPES.encode("")).isEmpty();
    assertThat(SHAPES.encode(" \t\u00A0")).isEmpty();
    assertThat(SHAPES.decode()).isEmpty();
  }

  @Test
  void partsOfACharacterDecodeToTheReplacement() {
    int[] ids = BpeTokenizer.of(List.of(), PreTokenizer.CAPTION, "").encode("é");
    assertThat(ids).hasSize(3);
    assertThat(SHAPES.decode(ids[0], ids[1])).isEqualTo("\uFFFD");
  }

  @Test
  void idsOutsideTheVocabularyAreRefused() {
    for (int id : new int[] {-1, SHAPES.vocabSize()}) {
      assertThatThrownBy(() -> SHAPES.decode(1, id))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "Token " + id + " is outside the vocabulary of " + SHAPES.vocabSize() + " tokens.");
    }
  }

  @Test
  void theShareOfKnownCharacters() {
    assertThat(SHAPES.knownFraction("RED мир")).isEqualTo(1);
    assertThat(SHAPES.knownFraction("re ζξ")).isEqualTo(0.5);
    assertThat(SHAPES.unknownCharacters("re ζξζ")).isEqualTo("ζξ");
    assertThat(SHAPES.knownFraction("ζ 🙃")).isZero();
    assertThat(SHAPES.knownFraction(" ")).isZero();
    assertThat(gpt2("a b").knownFraction("ζ")).isEqualTo(1); // imported: not known, so no alarm
  }

  @Test
  void threadsShareOneTokenizer() {
    List<String> captions =
        IntStream.range(0, 2000).mapToObj(i -> "circle " + i % 97 + " top " + i % 89).toList();
    List<int[]> one = captions.stream().map(SHAPES::encode).toList();
    BpeTokenizer fresh =
        BpeTokenizer.of(SHAPES.merges(), SHAPES.preTokenizer(), SHAPES.characters());
    List<int[]> many = captions.parallelStream().map(fresh::encode).toList();
    for (int i = 0; i < one.size(); i++) {
      assertThat(many.get(i)).isEqualTo(one.get(i));
    }
  }

  private static BpeTokenizer gpt2(String... merges) {
    return BpeTokenizer.of(List.of(merges), PreTokenizer.GPT2, "");
  }
}

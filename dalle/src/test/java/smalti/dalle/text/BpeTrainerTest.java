package smalti.dalle.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import smalti.tensor.Random;

final class BpeTrainerTest {
  @Provide
  Arbitrary<List<String>> corpora() {
    return Texts.narrow().list().ofMinSize(1).ofMaxSize(12);
  }

  /// The dictionary of Sennrich et al. 2016, listing 1, worked by hand. There the mark `</w>` ends
  /// a word, here a space (`Ġ`) begins it; "es", "est" come first and "low" next in both.
  @Test
  void theClassicalExample() {
    var result =
        new BpeTrainer(1000, 3).train(Map.of("low", 5L, "lower", 2L, "newest", 6L, "widest", 3L));
    assertThat(result.tokenizer().merges())
        .containsExactly(
            "e s",
            "es t", // 9: newest 6 + widest 3; "e s" before "s t" at the same count
            "Ġ l",
            "Ġl o",
            "Ġlo w", // 7: low 5 + lower 2
            "Ġ n",
            "Ġn e",
            "Ġne w",
            "Ġnew est", // 6; "w e" has lost its 6 to "est"
            "Ġ w",
            "Ġw i",
            "Ġwi d",
            "Ġwid est"); // 3; all that is left occurs twice ("Ġlow e")
    assertThat(result.tokenizer().segments("lowest newer"))
        .containsExactly("▁low", "est", "▁new", "e", "r");
    assertThat(result.stoppedEarly()).isTrue();
    assertThat(result.distinctWords()).isEqualTo(4);
    assertThat(result.bytes()).isEqualTo(5 * 4 + 2 * 6 + 6 * 7 + 3 * 7);
    assertThat(result.tokens()).isEqualTo(5 + 2 * 3 + 6 + 3);
    assertThat(result)
        .hasToString(
            "BPE: 269 tokens (of 1000; no frequent pair is left) from 4 distinct words,"
                + " 4.75 bytes per token");
  }

  @Test
  void tiesGoToTheSmallerLeftTokenThenTheSmallerRight() {
    var result = new BpeTrainer(258, 1).train(List.of("xb xa", "a"));
    // " x" 2; then " a", "xa"... all 1: " " is the smallest left token, then "a" the right one.
    assertThat(result.tokenizer().merges()).containsExactly("Ġ x", "Ġ a");
    assertThat(result.stoppedEarly()).isFalse();
  }

  @Property(tries = 300)
  void theMergesAreThoseOfTheTextbook(@ForAll("corpora") List<String> captions) {
    if (captions.stream().allMatch(String::isBlank)) {
      return;
    }
    for (long minFrequency = 1; minFrequency <= 3; minFrequency++) {
      var result = new BpeTrainer(300, minFrequency).train(captions);
      assertThat(result.tokenizer().merges())
          .isEqualTo(textbook(captions, 300 - 256, minFrequency));
      long tokens = captions.stream().mapToLong(c -> result.tokenizer().encode(c).length).sum();
      assertThat(result.tokens()).isEqualTo(tokens);
    }
  }

  @Property(tries = 50)
  void theOrderOfCaptionsDoesNotMatter(@ForAll("corpora") List<String> captions) {
    List<String> all = new ArrayList<>(captions);
    all.add("a red circle");
    var once = new BpeTrainer(280, 1).train(all).tokenizer();
    Collections.reverse(all);
    var again = new BpeTrainer(280, 1).train(all).tokenizer();
    assertThat(again.merges()).isEqualTo(once.merges());
    assertThat(again.fingerprint()).isEqualTo(once.fingerprint());
  }

  @Test
  void countsWeighLikeRepetition() {
    var counted = new BpeTrainer(270, 1).train(Map.of("red dot", 3L, "blue dot", 2L));
    var repeated =
        new BpeTrainer(270, 1)
            .train(List.of("red dot", "blue dot", "red dot", "blue dot", "red dot"));
    assertThat(counted.tokenizer().merges()).isEqualTo(repeated.tokenizer().merges());
  }

  @Test
  void theSeenCharactersAreKept() {
    assertThat(new BpeTrainer(256, 1).train(List.of("Éclair 😀", "a b")).tokenizer().characters())
        .isEqualTo("abcilré😀");
  }

  @Test
  void badRequestsAreNamed() {
    assertThatThrownBy(() -> new BpeTrainer(255, 1)).hasMessageContaining("at least 256");
    assertThatThrownBy(() -> new BpeTrainer(256, 0)).hasMessageContaining("at least 1");
    assertThatThrownBy(() -> new BpeTrainer(256, 1).train(List.of("", " \n")))
        .hasMessage("There is nothing to learn a vocabulary from: all 2 captions are blank.");
    assertThatThrownBy(() -> new BpeTrainer(256, 1).train(Map.of("a", 0L)))
        .hasMessageContaining("has the count 0");
  }

  @Test
  void aHundredThousandCaptionsTakeSeconds() {
    Random random = Random.of(5);
    List<String> captions = new ArrayList<>();
    for (int i = 0; i < 100_000; i++) {
      captions.add(caption(random));
    }
    assertTimeout(
        Duration.ofSeconds(60),
        () -> {
          var result = new BpeTrainer(16_384, 2).train(captions);
          assertThat(result.stoppedEarly()).isFalse();
          assertThat(result.distinctWords()).isGreaterThan(20_000);
        });
  }

  @Test
  void anEndlessWordTakesNoEndlessTime() {
    Random random = Random.of(6);
    StringBuilder base26 = new StringBuilder();
    for (int i = 0; i < 100_000; i++) {
      base26.append((char) ('a' + random.nextInt(26)));
    }
    String word = base26.toString();
    assertTimeout(
        Duration.ofSeconds(60),
        () -> {
          var bpe = new BpeTrainer(4096, 1).train(List.of(word)).tokenizer();
          assertThat(bpe.decode(bpe.encode(word))).isEqualTo(word);
        });
  }

  /// Writes ten words of up to four syllables each, short ones more often.
  private static String caption(Random random) {
    String[] syllables = {"ba", "ri", "ton", "sel", "mu", "ka", "er", "lin", "go", "stra", "ple"};
    StringBuilder caption = new StringBuilder();
    for (int word = 0; word < 10; word++) {
      caption.append(' ');
      for (int s = random.nextInt(1 + random.nextInt(5)); s >= 0; s--) {
        caption.append(syllables[random.nextInt(syllables.length)]);
      }
    }
    return caption.toString();
  }

  /// Learns merges the slow way: count all pairs of all words anew for each merge.
  private static List<String> textbook(List<String> captions, int most, long minFrequency) {
    List<List<String>> words = new ArrayList<>();
    for (String caption : captions) {
      for (String word : PreTokenizer.CAPTION.words(caption)) {
        words.add(new ArrayList<>(List.of(word.replace(' ', '!').split(""))));
      }
    }
    List<String> merges = new ArrayList<>();
    while (merges.size() < most) {
      Map<String, Long> counts = new TreeMap<>(); // rising; '!' stands for the space
      for (List<String> word : words) {
        for (int i = 0; i + 1 < word.size(); i++) {
          counts.merge(word.get(i) + "\u0001" + word.get(i + 1), 1L, Long::sum);
        }
      }
      String best = null;
      for (String pair : counts.keySet()) {
        if (counts.get(pair) >= minFrequency
            && (best == null || counts.get(pair) > counts.get(best))) {
          best = pair;
        }
      }
      if (best == null) {
        break;
      }
      String[] pair = best.split("\u0001", -1);
      merges.add((pair[0] + " " + pair[1]).replace('!', 'Ġ'));
      for (List<String> word : words) {
        for (int i = 0; i + 1 < word.size(); i++) {
          if (word.get(i).equals(pair[0]) && word.get(i + 1).equals(pair[1])) {
            word.set(i, pair[0] + pair[1]);
            word.remove(i + 1);
          }
        }
      }
    }
    return merges;
  }
}

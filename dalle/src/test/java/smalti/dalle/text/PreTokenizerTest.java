package smalti.dalle.text;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PreTokenizerTest {
  @Provide
  Arbitrary<String> texts() {
    return Texts.unicode();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "\"  A\tRed \u00A0\r\n Circle \",a red circle",
        "\"CAFE\u0301\",\"caf\u00E9\"", // composed
        "\"\u039F\u0394\u039F\u03A3\",\"\u03BF\u03B4\u03BF\u03C2\"", // ΟΔΟΣ ends in a final sigma
        "\"a\u0000b\",a b",
        "\"\",\"\"",
        "\" \n \",\"\"",
      })
  void captionsAreTidied(String text, String expected) {
    assertThat(PreTokenizer.CAPTION.normalise(text)).isEqualTo(expected);
  }

  @Test
  void aLoneSurrogateBecomesTheReplacementCharacter() {
    assertThat(PreTokenizer.CAPTION.normalise("a\uD83Db\uDE00")).isEqualTo("a\uFFFDb\uFFFD");
    assertThat(PreTokenizer.CAPTION.normalise("\uD83D\uDE00")).isEqualTo("\uD83D\uDE00");
  }

  @Property
  void normalisingTwiceIsNormalisingOnce(@ForAll("texts") String text) {
    String once = PreTokenizer.CAPTION.normalise(text);
    assertThat(PreTokenizer.CAPTION.normalise(once)).isEqualTo(once);
  }

  @Property
  void theWordsAreTheWholeText(@ForAll("texts") String text) {
    String normal = PreTokenizer.CAPTION.normalise(text);
    assertThat(String.join("", PreTokenizer.CAPTION.words(text)))
        .isEqualTo(normal.isEmpty() ? "" : " " + normal);
    assertThat(String.join("", PreTokenizer.GPT2.words(text))).isEqualTo(text);
  }

  @Test
  void wordsNumbersAndSignsAreCutApart() {
    assertThat(PreTokenizer.CAPTION.words("The dog's 2 red-hot balls, isn't it?!"))
        .containsExactly(
            " the", " dog", "'s", " 2", " red", "-", "hot", " balls", ",", " isn", "'t", " it",
            "?!");
    assertThat(PreTokenizer.CAPTION.words("हिन्दी ok")).containsExactly(" हिन्दी", " ok");
    assertThat(PreTokenizer.GPT2.words("a  b ")).containsExactly("a", " ", " b", " ");
  }
}

package smalti.dalle.text;

import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Tuple;

/// Draws texts for property tests.
final class Texts {
  private Texts() {}

  /// Draws well-formed texts that mix words, spaces, signs and characters from all of Unicode.
  static Arbitrary<String> unicode() {
    Arbitrary<String> any =
        Arbitraries.integers()
            .between(0, Character.MAX_CODE_POINT)
            .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
            .map(Character::toString);
    Arbitrary<String> common =
        Arbitraries.of(
            " ", "  ", "\t", "\n", "\r\n", "\u00A0", "\u2003", "\u0085", "red", "Circle", "the",
            "don't", "it's", "'ll", "'", ",", "...", "!?", "-", "7", "1984", "½", "É", "e\u0301",
            "straße", "ΟΔΟΣ", "İ", "ß", "Ж", "мир", "हिन्दी", "ภาษาไทย", "日本", "👩‍🚀", "🇦🇹",
            "❤️");
    return Arbitraries.frequencyOf(Tuple.of(3, common), Tuple.of(1, any))
        .list()
        .ofMaxSize(30)
        .map(parts -> parts.stream().collect(Collectors.joining()));
  }

  /// Draws captions over few letters, so that pairs repeat and tie often.
  static Arbitrary<String> narrow() {
    return Arbitraries.strings().withChars('a', 'b', 'c', ' ').ofMaxLength(30);
  }
}

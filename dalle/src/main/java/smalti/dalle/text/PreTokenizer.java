package smalti.dalle.text;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Normalises a text and cuts it into the words that merges never cross.
///
/// A word is an optional space followed by letters, by digits, or by other signs; English endings
/// such as `'s` are words of their own. The patterns are GPT-2's and a near kin.
public enum PreTokenizer {
  /// Lower-cases and tidies, as DALL·E does with captions: see [#normalise].
  CAPTION {
    @Override
    public String normalise(String text) {
      String lower = Normalizer.normalize(text.toLowerCase(Locale.ROOT), Normalizer.Form.NFC);
      StringBuilder tidy = new StringBuilder(lower.length());
      boolean gap = false;
      for (int i = 0; i < lower.length(); ) {
        int c = lower.codePointAt(i);
        i += Character.charCount(c);
        if (isBlank(c)) {
          gap = true;
          continue;
        }
        if (gap && !tidy.isEmpty()) {
          tidy.append(' ');
        }
        gap = false;
        tidy.appendCodePoint(isLoneSurrogate(c) ? REPLACEMENT : c);
      }
      return tidy.toString();
    }

    @Override
    List<String> words(String text) {
      String normal = normalise(text);
      // The space in front makes the first word equal to the same word anywhere else.
      return normal.isEmpty() ? List.of() : find(CAPTION_WORD, " " + normal);
    }

    @Override
    String text(byte[] utf8) {
      String text = new String(utf8, StandardCharsets.UTF_8);
      return text.startsWith(" ") ? text.substring(1) : text;
    }
  },

  /// Leaves the text as it is and cuts exactly as GPT-2 does; for GPT-2's own merges.
  GPT2 {
    @Override
    public String normalise(String text) {
      return text;
    }

    @Override
    List<String> words(String text) {
      return find(GPT2_WORD, text);
    }

    @Override
    String text(byte[] utf8) {
      return new String(utf8, StandardCharsets.UTF_8);
    }
  };

  private static final int REPLACEMENT = 0xFFFD;

  private static final Pattern GPT2_WORD =
      Pattern.compile(
          "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          Pattern.UNICODE_CHARACTER_CLASS);

  /// Differs in two points. A combining mark (`\p{M}`) belongs to the letters around it, without
  /// which Hindi or Thai words fall into pieces. And a word ends after 256 characters, so that the
  /// time for a text that is no caption, such as an image in base64, stays linear in its length.
  private static final Pattern CAPTION_WORD =
      Pattern.compile(
          "'(?:[sdmt]|ll|ve|re)| ?[\\p{L}\\p{M}]{1,256}| ?\\p{N}{1,256}"
              + "| ?[^\\s\\p{L}\\p{M}\\p{N}]{1,256}|\\s+",
          Pattern.UNICODE_CHARACTER_CLASS);

  /// Brings a text into the form that decoding gives back.
  ///
  /// [#CAPTION] lower-cases (root locale), composes accents (Unicode NFC), turns each run of white
  /// space and control characters into one space, drops such runs at both ends, and writes U+FFFD
  /// for a surrogate without its partner, which UTF-8 cannot hold. [#GPT2] changes nothing.
  /// Normalising twice is the same as once.
  public abstract String normalise(String text);

  /// Cuts a text, normalised first, into words; joined they are the text (and a leading space).
  abstract List<String> words(String text);

  /// Turns the joined bytes of tokens back into text; broken UTF-8 becomes U+FFFD.
  abstract String text(byte[] utf8);

  static boolean isBlank(int codePoint) {
    return Character.isWhitespace(codePoint)
        || Character.isSpaceChar(codePoint)
        || Character.isISOControl(codePoint);
  }

  private static boolean isLoneSurrogate(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }

  private static List<String> find(Pattern word, String text) {
    List<String> words = new ArrayList<>();
    Matcher matcher = word.matcher(text);
    while (matcher.find()) {
      words.add(matcher.group());
    }
    return words;
  }
}

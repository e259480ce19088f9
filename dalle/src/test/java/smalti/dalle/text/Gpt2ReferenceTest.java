package smalti.dalle.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;
import com.knuddels.jtokkit.api.IntArrayList;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Compares ids with those of JTokkit, a tokenizer library that is not ours, on GPT-2's vocabulary.
///
/// The library ships GPT-2's table of 50,256 tokens by rank (`r50k_base`), but no merges; they are
/// worked out here.
final class Gpt2ReferenceTest {
  private static final Encoding REFERENCE =
      Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.R50K_BASE);
  private static final BpeTokenizer OURS = BpeTokenizer.of(gpt2Merges(), PreTokenizer.GPT2, "");

  @Provide
  Arbitrary<String> texts() {
    return Texts.unicode();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Hello, world!",
        "an illustration of a baby daikon radish in a tutu walking a dog",
        "An armchair in the shape of an avocado; it's 3.14159 m wide, isn't it?",
        "a tapir made of accordion. a tapir with the texture of an accordion.",
        "  leading,   inner    and trailing spaces   ",
        "tabs\tand\n\nnew lines\r\n",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "don't won't I'll we've you're he'd I'm DON'T",
        "Ünïcödé — naïve café, straße, Ελληνικά, русский, 日本語, 한국어, العربية, हिन्दी",
        "👩‍🚀 🇦🇹 ❤️ 😀😀😀 ½ ² Ⅷ",
        "https://example.org/a_b?c=d&e=%20 $1,000.00 #tag @you 50% <b>x</b> {[(^)]}",
      })
  void theIdsAreGpt2s(String text) {
    assertThat(OURS.encode(text)).isEqualTo(REFERENCE.encodeOrdinary(text).toArray());
    assertThat(OURS.decode(OURS.encode(text))).isEqualTo(text);
  }

  @Property(tries = 2000)
  void theIdsAreGpt2sOnDrawnTexts(@ForAll("texts") String text) {
    assertThat(OURS.encode(text)).isEqualTo(REFERENCE.encodeOrdinary(text).toArray());
    assertThat(OURS.decode(OURS.encode(text))).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 31, 220, 256, 262, 10_000, 50_255})
  void tokensDecodeLikeTheReference(int id) {
    var one = new IntArrayList();
    one.add(id);
    assertThat(OURS.decode(id)).isEqualTo(REFERENCE.decode(one));
    assertThat(OURS.vocabSize()).isEqualTo(50_256);
  }

  /// Finds, for each token in order of rank, the two tokens that were joined to make it: those that
  /// remain when all better ranked merges have been applied to its bytes.
  private static List<String> gpt2Merges() {
    List<String> tokens = table();
    Map<String, Integer> ranks = new HashMap<>();
    for (String token : tokens) {
      ranks.put(token, ranks.size());
    }
    List<String> merges = new ArrayList<>();
    for (int rank = 256; rank < tokens.size(); rank++) {
      List<String> parts = new ArrayList<>(List.of(tokens.get(rank).split("")));
      while (parts.size() > 2) {
        int at = 0;
        int best = Integer.MAX_VALUE;
        for (int i = 0; i + 1 < parts.size(); i++) {
          int joined = ranks.getOrDefault(parts.get(i) + parts.get(i + 1), Integer.MAX_VALUE);
          if (joined < best) {
            at = i;
            best = joined;
          }
        }
        parts.set(at, parts.get(at) + parts.remove(at + 1));
      }
      merges.add(parts.get(0) + " " + parts.get(1));
    }
    return merges;
  }

  /// Reads the tokens in order of rank, in GPT-2's alphabet of printable characters.
  private static List<String> table() {
    List<String> tokens = new ArrayList<>();
    try (var in = Encodings.class.getResourceAsStream("r50k_base.tiktoken")) {
      String table = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
      for (String line : table.lines().toList()) {
        String[] fields = line.split(" ", -1);
        assertThat(Integer.parseInt(fields[1])).isEqualTo(tokens.size());
        tokens.add(ByteAlphabet.write(Base64.getDecoder().decode(fields[0])));
      }
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
    return tokens;
  }
}

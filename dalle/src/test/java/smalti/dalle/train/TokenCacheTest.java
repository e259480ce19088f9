package smalti.dalle.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import smalti.dalle.data.CaptionedData;
import smalti.dalle.data.ShapesData;
import smalti.dalle.vae.DiscreteVae;
import smalti.tensor.Random;

final class TokenCacheTest {
  private static final RunConfig CONFIG = TinyRun.config(ShapesData.NAME, 2, 2);
  private static final int[] SOME = {0, 5, 17};
  private static PictureSet pictures;
  private static DiscreteVae vae;

  @TempDir private Path temporary;
  private RunFolder folder;

  @BeforeAll
  static void read() throws IOException {
    pictures = TinyRun.pictures(CONFIG);
    vae = new DiscreteVae(CONFIG.vae(), Random.of(1));
  }

  @BeforeEach
  void begin() throws IOException {
    folder = TinyRun.begun(temporary.resolve("run"), CONFIG);
    Files.writeString(folder.file("tokenizer.json"), "one");
  }

  private TokenCache cache(DiscreteVae model, String augmentation) throws IOException {
    return new TokenCache(folder, pictures, model, augmentation);
  }

  private static TokenSet encoded() {
    return new TokenSet(pictures, vae);
  }

  private static TokenSet never() {
    throw new AssertionError("encoded a second time");
  }

  @Test
  void picturesAreEncodedOnce() throws IOException {
    TokenSet first = cache(vae, "none").tokens(TokenCacheTest::encoded);
    TokenSet second = cache(vae, "none").tokens(TokenCacheTest::never);
    assertThat(second.tokens(SOME).toInts()).isEqualTo(first.tokens(SOME).toInts());
    assertThat(second.usage(16)).isEqualTo(first.usage(16));
    assertThat(second.pictures()).isSameAs(pictures);
  }

  @Test
  void whatElseMadeThemIsNamed() throws IOException {
    cache(vae, "none").tokens(TokenCacheTest::encoded);
    DiscreteVae other = new DiscreteVae(CONFIG.vae(), Random.of(2));
    assertRefused(cache(other, "none"), "dVAE");
    assertRefused(cache(vae, "3 crops"), "augmentation (none, now 3 crops)");
    Files.writeString(folder.file("tokenizer.json"), "another");
    assertRefused(cache(vae, "none"), "tokenizer");
    Files.writeString(folder.file("tokenizer.json"), "one");
    RunConfig elsewhere = TinyRun.config("emoji", 2, 2);
    PictureSet emoji = TinyRun.pictures(elsewhere);
    assertRefused(new TokenCache(folder, emoji, vae, "none"), "pictures");
  }

  private static void assertRefused(TokenCache cache, String what) {
    assertThatThrownBy(() -> cache.tokens(TokenCacheTest::never))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("tokens.safetensors: these tokens were made with another " + what)
        .hasMessageContaining("delete the file");
  }

  @Test
  void aDamagedFileIsRefused() throws IOException {
    cache(vae, "none").tokens(TokenCacheTest::encoded);
    byte[] bytes = Files.readAllBytes(folder.file("tokens.safetensors"));
    Files.write(folder.file("tokens.safetensors"), Arrays.copyOf(bytes, bytes.length / 2));
    assertThatThrownBy(() -> cache(vae, "none").tokens(TokenCacheTest::never))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("tokens.safetensors");
  }

  @Test
  void cropsAreDealtAtRandom() throws IOException {
    CaptionedData larger = CaptionedData.open(ShapesData.NAME, 18);
    TokenSet crops = TokenSet.ofCrops(pictures, larger, vae, 3, Random.of(4));
    assertThat(crops.crops()).isEqualTo(3);
    assertThat(crops.tokens(new int[] {2, 2, 2, 2, 2, 2, 2, 2}, Random.of(1)).toInts())
        .as("eight draws of the three crops of one picture")
        .isNotEqualTo(crops.tokens(2, 2, 2, 2, 2, 2, 2, 2).toInts());
    TokenSet kept = cache(vae, "3 crops").tokens(() -> crops);
    TokenSet again = cache(vae, "3 crops").tokens(TokenCacheTest::never);
    assertThat(again.crops()).isEqualTo(3);
    assertThat(again.tokens(SOME, Random.of(9)).toInts())
        .isEqualTo(kept.tokens(SOME, Random.of(9)).toInts());
  }
}

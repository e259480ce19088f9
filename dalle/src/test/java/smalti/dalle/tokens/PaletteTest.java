package smalti.dalle.tokens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

class PaletteTest {
  private static final PaletteConfig CONFIG = new PaletteConfig(4, 8);

  private static Tensor pictures(int count) {
    return Random.of(2).uniform(Shape.of(count, 3, 4, 4));
  }

  private static Palette palette(Tensor pictures, PaletteConfig config) {
    ColourCounts counts = new ColourCounts();
    for (int i = 0; i < pictures.dim(0); i++) {
      counts.add(pictures.toFloats(), i * 48, 16);
    }
    return Palette.of(counts, config, Random.of(1));
  }

  @Test
  void tokensComeBackAsTheyWere() {
    Palette palette = palette(pictures(20), CONFIG);
    Tensor tokens = palette.encode(pictures(20)); // (20, 16)
    assertThat(tokens.shape()).isEqualTo(Shape.of(20, 16));
    Tensor decoded = palette.decode(tokens);
    assertThat(decoded.shape()).isEqualTo(Shape.of(20, 3, 4, 4));
    assertThat(palette.encode(decoded).toInts()).isEqualTo(tokens.toInts());
  }

  @Test
  void everyPixelTakesTheNearestColour() {
    Palette palette = palette(pictures(20), CONFIG);
    Tensor pictures = pictures(3);
    int[] tokens = palette.encode(pictures).toInts();
    Tensor colours = palette.state().get("palette");
    for (int i = 0; i < tokens.length; i++) {
      int picture = i / 16;
      int y = i % 16 / 4;
      int x = i % 4;
      double[] distances = new double[8];
      for (int k = 0; k < 8; k++) {
        for (int c = 0; c < 3; c++) {
          distances[k] += Math.pow(pictures.get(picture, c, y, x) - colours.get(k, c), 2);
        }
      }
      for (double distance : distances) {
        assertThat(distances[tokens[i]]).isLessThanOrEqualTo(distance + 1e-9);
      }
    }
  }

  @Test
  void aPictureOfFewColoursIsKeptExactly() {
    float[] planes = new float[48];
    for (int p = 0; p < 16; p++) {
      planes[p] = p % 3 / 2f;
      planes[16 + p] = p % 2;
    }
    Tensor picture = Tensor.of(planes, 1, 3, 4, 4);
    Palette palette = palette(picture, new PaletteConfig(4, 20));
    int[] tokens = palette.encode(picture).toInts();
    for (int token : tokens) {
      assertThat(token).as("of 6 colours; of equal ones the first").isLessThan(6);
    }
    assertThat(palette.decode(palette.encode(picture)).toFloats())
        .containsExactly(planes, within(0.51f / 255));
  }

  @Test
  void itIsReadAsItWasWritten() {
    Palette palette = palette(pictures(9), CONFIG);
    Palette again = Palette.of(palette.state(), CONFIG);
    assertThat(again.encode(pictures(9)).toInts()).isEqualTo(palette.encode(pictures(9)).toInts());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Palette.of(palette.state(), new PaletteConfig(4, 9)))
        .withMessageContaining("should be F32 of shape");
    assertThatIllegalArgumentException().isThrownBy(() -> Palette.of(Map.of(), CONFIG));
  }

  @Test
  void refusesWhatDoesNotFit() {
    Palette palette = palette(pictures(2), CONFIG);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> palette.encode(pictures(1).reshape(1, 3, 2, 8)))
        .withMessageContaining("(B, 3, 4, 4)");
    assertThatIllegalArgumentException().isThrownBy(() -> new PaletteConfig(1, 8));
    assertThatIllegalArgumentException().isThrownBy(() -> new PaletteConfig(65, 8));
    assertThatIllegalArgumentException().isThrownBy(() -> new PaletteConfig(16, 1));
    assertThat(PaletteConfig.standard().tokens()).isEqualTo(256);
  }
}

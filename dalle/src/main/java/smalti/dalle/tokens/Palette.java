package smalti.dalle.tokens;

import java.util.Map;
import smalti.tensor.DType;
import smalti.tensor.Parallel;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Is a set of colours of which every pixel takes the nearest: the tokens of image GPT (Chen et al.
/// 2020, section 3.2), one for each pixel of a small picture.
public final class Palette implements ImageTokens {
  private static final String COLOURS = "palette";
  private static final int GRAIN = 256;

  private final PaletteConfig config;
  private final Tensor colours; // (K, 3)
  private final double[] centres;

  private Palette(PaletteConfig config, Tensor colours) {
    this.config = config;
    this.colours = colours;
    this.centres = colours.toDoubles();
  }

  /// Finds the colours that stand best for those of pictures, by k-means. Where pictures have fewer
  /// colours than the palette, it holds some of them several times, and only the first of equal
  /// ones is used.
  public static Palette of(ColourCounts counts, PaletteConfig config, Random random) {
    double[] centres = KMeans.centres(counts.points(), config.vocabulary(), random);
    float[] colours = new float[centres.length];
    for (int i = 0; i < colours.length; i++) {
      colours[i] = (float) (centres[i] / 255);
    }
    return new Palette(config, Tensor.of(colours, config.vocabulary(), 3));
  }

  /// Takes the palette that [#state] returned.
  ///
  /// @throws IllegalArgumentException if it does not fit the configuration
  public static Palette of(Map<String, Tensor> state, PaletteConfig config) {
    Tensor colours = state.get(COLOURS);
    Shape expected = Shape.of(config.vocabulary(), 3);
    boolean fits =
        colours != null && colours.dtype() == DType.F32 && colours.shape().equals(expected);
    if (colours == null || !fits) {
      throw new IllegalArgumentException(
          "%s should be F32 of shape %s; the file has %s"
              .formatted(
                  COLOURS,
                  expected,
                  colours == null ? "none" : colours.dtype() + " " + colours.shape()));
    }
    return new Palette(config, colours);
  }

  @Override
  public PaletteConfig config() {
    return config;
  }

  @Override
  public String maker() {
    return "palette";
  }

  /// Returns the colours as `palette`, (K, 3): red, green and blue of `[0, 1]`.
  @Override
  public Map<String, Tensor> state() {
    return Map.of(COLOURS, colours);
  }

  @Override
  public Tensor encode(Tensor pixels) {
    int plane = plane(pixels);
    float[] all = pixels.toFloats();
    int[] tokens = new int[pixels.dim(0) * plane];
    Parallel.range(
        tokens.length,
        GRAIN,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            int p = i / plane * 3 * plane + i % plane;
            tokens[i] = KMeans.nearest(centres, all[p], all[p + plane], all[p + 2 * plane]);
          }
        });
    return Tensor.of(tokens, pixels.dim(0), plane); // (B, H·W)
  }

  private int plane(Tensor pixels) {
    int side = config.imageSize();
    if (!pixels.shape().equals(Shape.of(pixels.dim(0), 3, side, side))) {
      throw new IllegalArgumentException(
          "Palette: pictures should be (B, 3, %d, %d); got %s"
              .formatted(side, side, pixels.shape()));
    }
    return side * side;
  }

  @Override
  public Tensor decode(Tensor tokens) {
    int side = config.imageSize();
    int plane = side * side;
    int[] ids = tokens.toInts();
    float[] out = new float[3 * ids.length];
    for (int i = 0; i < ids.length; i++) {
      for (int channel = 0; channel < 3; channel++) {
        out[(i / plane * 3 + channel) * plane + i % plane] = (float) centres[3 * ids[i] + channel];
      }
    }
    return Tensor.of(out, tokens.dim(0), 3, side, side); // (B, 3, H, W)
  }
}

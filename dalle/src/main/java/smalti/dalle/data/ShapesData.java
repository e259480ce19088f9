package smalti.dalle.data;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import smalti.dalle.data.Scene.Colour;
import smalti.dalle.data.Scene.Figure;
import smalti.dalle.data.Scene.Place;
import smalti.dalle.data.Scene.Size;

/// Draws figures whose every attribute is known, so that a generated picture can be judged exactly.
///
/// All 1,728 scenes (8 figures, 8 colours, 3 sizes, 9 places; see [Scene]) are drawn on white, with
/// smooth edges. 13 of the 64 pairs of figure and colour, 20 %, are held out: the models see each
/// such figure and each such colour, but never both together. A generated picture is exactly right
/// when the nearest of all 1,728 drawings is the scene of its caption.
public final class ShapesData implements CaptionedData {
  /// The name that the command line knows this set by.
  public static final String NAME = "shapes";

  private static final int LEAST_SIZE = 16;
  private static final int MOST_SIZE = 128;

  /// Every pixel is the mean of this many points each way.
  private static final int SUPERSAMPLING = 8;

  /// The pairs that training never shows. No figure and no colour loses more than two.
  private static final Map<Figure, Set<Colour>> HELD_OUT_PAIRS =
      Map.of(
          Figure.CIRCLE, Set.of(Colour.ORANGE, Colour.BLUE),
          Figure.SQUARE, Set.of(Colour.CYAN),
          Figure.TRIANGLE, Set.of(Colour.BLACK, Colour.GREEN),
          Figure.DIAMOND, Set.of(Colour.YELLOW, Colour.PURPLE),
          Figure.CROSS, Set.of(Colour.BLUE),
          Figure.RING, Set.of(Colour.RED, Colour.CYAN),
          Figure.STAR, Set.of(Colour.GREEN, Colour.BLACK),
          Figure.HEART, Set.of(Colour.PURPLE));

  private final int pictureSize;
  private final List<Scene> scenes = Scene.all();
  private final Map<Outline, Mask> masks = new LinkedHashMap<>();

  /// Names what a mask covers: a scene without its colour.
  private record Outline(Figure figure, Size size, Place place) {}

  /// Holds how much of each pixel a figure covers, within the box that it touches.
  private record Mask(int left, int top, int width, int height, float[] cover, double square) {}

  private ShapesData(int pictureSize) {
    this.pictureSize = pictureSize;
    for (Figure figure : Figure.values()) {
      for (Size size : Size.values()) {
        for (Place place : Place.values()) {
          masks.put(new Outline(figure, size, place), mask(figure, size, place));
        }
      }
    }
  }

  /// Draws the set with pictures of the given width and height.
  ///
  /// @throws IllegalArgumentException when the size is not in `[16, 128]`
  public static ShapesData of(int pictureSize) {
    if (pictureSize < LEAST_SIZE || pictureSize > MOST_SIZE) {
      throw new IllegalArgumentException(
          "Shapes are drawn from %d to %d pixels wide; got %d."
              .formatted(LEAST_SIZE, MOST_SIZE, pictureSize));
    }
    return new ShapesData(pictureSize);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int pictureSize() {
    return pictureSize;
  }

  @Override
  public int size() {
    return Scene.COUNT;
  }

  /// Returns the example of a scene; its concept is the figure with its colour, its group the
  /// figure.
  @Override
  public Example example(int index) {
    Scene scene = scene(index);
    String concept = scene.colour().word() + " " + scene.figure().word();
    return new Example(paint(scene), concept, scene.figure().word(), List.of(scene.caption()));
  }

  @Override
  public Split split(int index) {
    return split(scene(index));
  }

  /// Returns whether training shows the scene's figure in the scene's colour.
  public static Split split(Scene scene) {
    Set<Colour> heldOut = HELD_OUT_PAIRS.getOrDefault(scene.figure(), Set.of());
    return heldOut.contains(scene.colour()) ? Split.HELD_OUT : Split.TRAIN;
  }

  /// Returns the scene of that number.
  public Scene scene(int index) {
    return scenes.get(Objects.checkIndex(index, scenes.size()));
  }

  /// Returns the scene whose drawing is nearest to the picture, by the sum of squared differences.
  ///
  /// @throws IllegalArgumentException when the picture is not of this set's size
  public Scene nearest(Picture picture) {
    if (picture.width() != pictureSize || picture.height() != pictureSize) {
      throw new IllegalArgumentException(
          "Drawings are %d x %d; got %s.".formatted(pictureSize, pictureSize, picture));
    }
    // A drawing is 1 - m (1 - colour) with cover m, so with q = 1 - picture and k = 1 - colour its
    // distance is |q|² + Σ over channels of k² Σ m² - 2 k Σ m q: one pass a mask serves all
    // colours.
    double best = Double.POSITIVE_INFINITY;
    Scene nearest = scenes.getFirst();
    double[] overlap = new double[3];
    for (var entry : masks.entrySet()) {
      Mask mask = entry.getValue();
      overlap(mask, picture, overlap);
      for (Colour colour : Colour.values()) {
        double distance = 0;
        for (int c = 0; c < 3; c++) {
          double k = 1 - colour.channel(c);
          distance += k * (k * mask.square - 2 * overlap[c]);
        }
        if (distance < best) {
          best = distance;
          Outline outline = entry.getKey();
          nearest = new Scene(outline.figure, colour, outline.size, outline.place);
        }
      }
    }
    return nearest;
  }

  /// Returns whether the picture shows the scene in all four attributes.
  public boolean exactMatch(Picture picture, Scene wanted) {
    return nearest(picture).equals(wanted);
  }

  /// Sums, channel by channel, cover times what the picture lacks to white.
  private void overlap(Mask mask, Picture picture, double[] sums) {
    float[] values = picture.shared();
    int area = pictureSize * pictureSize;
    double red = 0;
    double green = 0;
    double blue = 0;
    for (int y = 0; y < mask.height; y++) {
      int from = (mask.top + y) * pictureSize + mask.left;
      int row = y * mask.width;
      for (int x = 0; x < mask.width; x++) {
        double cover = mask.cover[row + x];
        red += cover * (1 - values[from + x]);
        green += cover * (1 - values[area + from + x]);
        blue += cover * (1 - values[2 * area + from + x]);
      }
    }
    sums[0] = red;
    sums[1] = green;
    sums[2] = blue;
  }

  private Mask mask(Figure figure, Size size, Place place) {
    double radius = size.radius() * pictureSize;
    double centreX = place.x() * pictureSize;
    double centreY = place.y() * pictureSize;
    int left = (int) Math.max(0, Math.floor(centreX - radius));
    int top = (int) Math.max(0, Math.floor(centreY - radius));
    int width = (int) Math.min(pictureSize, Math.ceil(centreX + radius)) - left;
    int height = (int) Math.min(pictureSize, Math.ceil(centreY + radius)) - top;
    float[] cover = new float[width * height];
    double square = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int hits = 0;
        for (int j = 0; j < SUPERSAMPLING; j++) {
          double v = (top + y + (j + 0.5) / SUPERSAMPLING - centreY) / radius;
          for (int i = 0; i < SUPERSAMPLING; i++) {
            double u = (left + x + (i + 0.5) / SUPERSAMPLING - centreX) / radius;
            hits += figure.covers(u, v) ? 1 : 0;
          }
        }
        float share = (float) hits / (SUPERSAMPLING * SUPERSAMPLING);
        cover[y * width + x] = share;
        square += share * share;
      }
    }
    return new Mask(left, top, width, height, cover, square);
  }

  /// Draws a scene.
  public Picture paint(Scene scene) {
    var outline = new Outline(scene.figure(), scene.size(), scene.place());
    Mask mask = Objects.requireNonNull(masks.get(outline));
    float[] values = new float[3 * pictureSize * pictureSize];
    Arrays.fill(values, 1f);
    for (int c = 0; c < 3; c++) {
      float ink = 1 - scene.colour().channel(c);
      for (int y = 0; y < mask.height; y++) {
        int to = (c * pictureSize + mask.top + y) * pictureSize + mask.left;
        for (int x = 0; x < mask.width; x++) {
          values[to + x] -= ink * mask.cover[y * mask.width + x];
        }
      }
    }
    return new Picture(pictureSize, pictureSize, values);
  }
}

package smalti.dalle.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smalti.tensor.Random;

class ShapesDataTest {
  private static final ShapesData SHAPES = ShapesData.of(32);

  private static double distance(Picture a, Picture b) {
    return a.meanSquaredError(b) * 3 * a.width() * a.height();
  }

  @Test
  void captionsAreSentencesOfTheFourAttributes() {
    Scene scene =
        new Scene(Scene.Figure.CIRCLE, Scene.Colour.RED, Scene.Size.SMALL, Scene.Place.TOP_LEFT);
    assertThat(scene.caption()).isEqualTo("a small red circle at the top left");
    Scene middle =
        new Scene(Scene.Figure.HEART, Scene.Colour.BLACK, Scene.Size.LARGE, Scene.Place.CENTRE);
    assertThat(middle.caption()).isEqualTo("a large black heart in the centre");
    assertThat(Scene.all()).hasSize(1728).doesNotHaveDuplicates();
    assertThat(Scene.all().stream().map(Scene::caption).distinct()).hasSize(1728);
    assertThat(Scene.parse(" A small  red circle at the top left")).contains(scene);
    assertThat(Scene.parse("a small red cat")).isEmpty();
    assertThat(SHAPES.example(7).captions()).containsExactly(SHAPES.scene(7).caption());
  }

  @Test
  void thirteenPairsAreHeldOutEvenly() {
    Map<Scene.Figure, Integer> figures = new EnumMap<>(Scene.Figure.class);
    Map<Scene.Colour, Integer> colours = new EnumMap<>(Scene.Colour.class);
    int pairs = 0;
    for (Scene.Figure figure : Scene.Figure.values()) {
      for (Scene.Colour colour : Scene.Colour.values()) {
        Scene scene = new Scene(figure, colour, Scene.Size.SMALL, Scene.Place.TOP);
        if (ShapesData.split(scene) == Split.HELD_OUT) {
          figures.merge(figure, 1, Integer::sum);
          colours.merge(colour, 1, Integer::sum);
          pairs++;
        }
      }
    }
    assertThat(pairs).isEqualTo(13);
    assertThat(figures.values()).hasSize(8).allMatch(n -> n <= 2);
    assertThat(colours.values()).hasSize(8).allMatch(n -> n <= 2);
    assertThat(SHAPES.indices(Split.HELD_OUT)).hasSize(13 * 27);
    assertThat(SHAPES.indices(Split.TRAIN)).hasSize(51 * 27);
  }

  /// At 32 pixels the closest two differ by as much as a whole pixel of one channel from black to
  /// white; eight-bit rounding of every value amounts to 0.003 at most.
  @ParameterizedTest
  @CsvSource({"16,0.07", "32,1.3", "64,5.8"})
  void allDrawingsAreFarApart(int size, double least) {
    ShapesData shapes = ShapesData.of(size);
    float[][] values = new float[Scene.COUNT][];
    Arrays.setAll(values, i -> shapes.example(i).picture().planes());
    double found =
        IntStream.range(1, Scene.COUNT)
            .parallel()
            .mapToDouble(i -> nearestBelow(values, i))
            .min()
            .orElseThrow();
    assertThat(found).isGreaterThan(least);
  }

  private static double nearestBelow(float[][] values, int i) {
    double best = Double.POSITIVE_INFINITY;
    for (int j = 0; j < i; j++) {
      double sum = 0;
      for (int k = 0; k < values[i].length && sum < best; k++) {
        double d = values[i][k] - values[j][k];
        sum += d * d;
      }
      best = Math.min(best, sum);
    }
    return best;
  }

  @Test
  void nearestEqualsASearchThroughAllDrawings() {
    Random random = Random.of(11);
    for (int trial = 0; trial < 40; trial++) {
      Scene a = SHAPES.scene(random.nextInt(Scene.COUNT));
      Scene b = SHAPES.scene(random.nextInt(Scene.COUNT));
      float[] mixed = SHAPES.paint(a).planes();
      float[] other = SHAPES.paint(b).planes();
      for (int i = 0; i < mixed.length; i++) {
        mixed[i] = 0.5f * mixed[i] + 0.35f * other[i] + 0.3f * random.nextFloat();
      }
      Picture picture = Picture.of(32, 32, mixed);
      double best = Double.POSITIVE_INFINITY;
      for (int i = 0; i < Scene.COUNT; i++) {
        best = Math.min(best, distance(picture, SHAPES.paint(SHAPES.scene(i))));
      }
      Scene nearest = SHAPES.nearest(picture);
      assertThat(distance(picture, SHAPES.paint(nearest))).isCloseTo(best, within(1e-4));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 32, 48})
  void everyDrawingIsNearestToItself(int size) {
    ShapesData shapes = ShapesData.of(size);
    for (int i = 0; i < Scene.COUNT; i++) {
      Scene scene = shapes.scene(i);
      Picture picture = shapes.example(i).picture();
      assertThat(shapes.exactMatch(picture.round8(), scene)).isTrue();
      Scene other = shapes.scene((i + 1) % Scene.COUNT);
      assertThat(shapes.exactMatch(picture, other)).isFalse();
    }
  }

  @Test
  void drawsWhatItSays() {
    Picture picture =
        SHAPES.paint(
            new Scene(
                Scene.Figure.SQUARE,
                Scene.Colour.BLUE,
                Scene.Size.LARGE,
                Scene.Place.BOTTOM_RIGHT));
    assertThat(picture.at(0, 24, 24)).isCloseTo(40 / 255f, within(1e-6f));
    assertThat(picture.at(2, 18, 18)).isCloseTo(220 / 255f, within(1e-6f));
    assertThat(picture.at(0, 8, 8)).isEqualTo(1f);
    Picture ring =
        SHAPES.paint(
            new Scene(Scene.Figure.RING, Scene.Colour.RED, Scene.Size.MEDIUM, Scene.Place.CENTRE));
    assertThat(ring.at(1, 16, 16)).isEqualTo(1f);
    assertThat(ring.at(1, 16, 11)).isCloseTo(40 / 255f, within(1e-6f));
  }

  @Test
  void refusesSizesThatDoNotFit() {
    assertThatThrownBy(() -> ShapesData.of(8)).hasMessageContaining("from 16 to 128");
    assertThatThrownBy(() -> SHAPES.nearest(Picture.filled(16, 16, 0)))
        .hasMessageContaining("32 x 32");
  }
}

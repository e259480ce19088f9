package smalti.dalle.tokens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import smalti.tensor.Parallel;
import smalti.tensor.Random;

@Isolated("sets the number of threads")
class KMeansTest {
  private static final int BEFORE = Parallel.threads();
  private static final int K = 12;

  @AfterEach
  void restoreThreads() {
    Parallel.threads(BEFORE);
  }

  /// Returns different colours around a few, each some times.
  private static KMeans.Points points(int count) {
    Random random = Random.of(5);
    int[] colours =
        IntStream.generate(
                () -> {
                  int base = 0x303030 * (1 + random.nextInt(4));
                  return base + random.nextInt(40) * 0x10000 + random.nextInt(40) * 0x100;
                })
            .distinct()
            .limit(count)
            .sorted()
            .toArray();
    int[] weights = IntStream.range(0, count).map(i -> 1 + random.nextInt(9)).toArray();
    return new KMeans.Points(colours, weights);
  }

  private static double[] begin(KMeans.Points points) {
    int[] chosen = KMeans.start(points, K, Random.of(3));
    double[] centres = new double[3 * K];
    Arrays.setAll(centres, i -> points.at(chosen[i / 3], i % 3));
    return centres;
  }

  /// Is Lloyd's algorithm as textbooks have it, on every point by itself.
  private static double[] plain(KMeans.Points points, double[] begin) {
    int[] all =
        IntStream.range(0, points.count())
            .flatMap(p -> IntStream.range(0, points.weights()[p]).map(_ -> points.colours()[p]))
            .toArray();
    double[] centres = begin.clone();
    for (int round = 0; round < 50; round++) {
      double[][] sums = new double[K][4];
      for (int colour : all) {
        double[] x = {colour >> 16 & 255, colour >> 8 & 255, colour & 255};
        double[] sum = sums[nearest(centres, x)];
        for (int c = 0; c < 3; c++) {
          sum[c] += x[c];
        }
        sum[3]++;
      }
      for (int i = 0; i < 3 * K; i++) {
        centres[i] = sums[i / 3][3] == 0 ? centres[i] : sums[i / 3][i % 3] / sums[i / 3][3];
      }
    }
    return centres;
  }

  private static int nearest(double[] centres, double[] x) {
    int best = 0;
    double[] distances = new double[centres.length / 3];
    for (int k = 0; k < distances.length; k++) {
      for (int c = 0; c < 3; c++) {
        distances[k] += Math.pow(x[c] - centres[3 * k + c], 2);
      }
      best = distances[k] < distances[best] ? k : best;
    }
    return best;
  }

  private static double error(KMeans.Points points, double[] centres) {
    double sum = 0;
    for (int p = 0; p < points.count(); p++) {
      double[] x = {points.at(p, 0), points.at(p, 1), points.at(p, 2)};
      int k = nearest(centres, x);
      for (int c = 0; c < 3; c++) {
        sum += points.weights()[p] * Math.pow(x[c] - centres[3 * k + c], 2);
      }
    }
    return sum;
  }

  @Test
  void centresAreThoseOfThePlainAlgorithm() {
    KMeans.Points points = points(300);
    double[] begin = begin(points);
    double[] centres = KMeans.improved(points, begin);
    assertThat(centres).containsExactly(plain(points, begin), within(1e-9));
    assertThat(error(points, centres)).isLessThan(error(points, begin));
  }

  @Test
  void theStartIsDifferentPointsFarApart() {
    KMeans.Points points = points(300);
    assertThat(KMeans.start(points, 300, Random.of(1))).doesNotHaveDuplicates();
    double chosen = 0;
    double uniform = 0;
    for (int seed = 0; seed < 20; seed++) {
      chosen += error(points, at(points, KMeans.start(points, K, Random.of(seed))));
      int[] any = Arrays.copyOf(Random.of(seed).permutation(300), K);
      uniform += error(points, at(points, any));
    }
    assertThat(chosen).as("error of k-means++ and of any points").isLessThan(0.9 * uniform);
  }

  private static double[] at(KMeans.Points points, int[] chosen) {
    double[] centres = new double[3 * chosen.length];
    Arrays.setAll(centres, i -> points.at(chosen[i / 3], i % 3));
    return centres;
  }

  @Test
  void theFirstCentreFollowsTheWeights() {
    KMeans.Points points = new KMeans.Points(new int[] {1, 2, 3}, new int[] {1, 6, 1});
    int often = 0;
    for (int seed = 0; seed < 400; seed++) {
      often += KMeans.start(points, 1, Random.of(seed))[0] == 1 ? 1 : 0;
    }
    assertThat(often).isBetween(265, 335); // 300 expected, deviation 8.7
  }

  @Test
  void fewerColoursThanCentresAreAllCentres() {
    KMeans.Points points = new KMeans.Points(new int[] {0x000000, 0xff8000}, new int[] {3, 1});
    assertThat(KMeans.centres(points, 3, Random.of(1)))
        .containsExactly(0, 0, 0, 255, 128, 0, 0, 0, 0);
  }

  @Test
  void anyNumberOfThreadsGivesTheSameBits() {
    KMeans.Points points = points(5000); // several pieces
    double[][] found = new double[3][];
    for (int threads = 1; threads <= 3; threads++) {
      Parallel.threads(threads);
      found[threads - 1] = KMeans.centres(points, 64, Random.of(9));
    }
    assertThat(found[1]).containsExactly(found[0]);
    assertThat(found[2]).containsExactly(found[0]);
  }
}

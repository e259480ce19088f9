package smalti.dalle.tokens;

import java.util.Arrays;
import smalti.tensor.Parallel;
import smalti.tensor.Random;

/// Finds the colours that stand for many: k-means (Lloyd 1982) over red, green and blue, begun by
/// k-means++ (Arthur and Vassilvitskii 2007).
///
/// Points are whole numbers, so that all sums are exact, whatever their order: the same points and
/// the same random numbers give the same bits on any number of threads.
final class KMeans {
  /// Colours hardly move after these.
  private static final int MOST_ROUNDS = 50;

  private static final int GRAIN = 1024;

  private KMeans() {}

  /// Holds different points and how often each is there.
  ///
  /// @param colours `0xRRGGBB`
  /// @param weights positive
  record Points(int[] colours, int[] weights) {
    int count() {
      return colours.length;
    }

    /// Returns a channel of a point, 0 to 255.
    int at(int point, int channel) {
      return colours[point] >> 16 - 8 * channel & 0xff;
    }
  }

  /// Returns `k` centres, (k, 3) of `[0, 255]`. Of fewer different points than that, all are
  /// centres, some of them several times.
  static double[] centres(Points points, int k, Random random) {
    if (points.count() <= k) {
      int[] all = new int[k];
      Arrays.setAll(all, i -> i % points.count());
      return at(points, all);
    }
    return improved(points, at(points, start(points, k, random)));
  }

  private static double[] at(Points points, int[] chosen) {
    double[] centres = new double[3 * chosen.length];
    Arrays.setAll(centres, i -> points.at(chosen[i / 3], i % 3));
    return centres;
  }

  /// Returns `k` different points to begin with: the first by its weight, each further one by its
  /// weight times its squared distance to the nearest that was chosen before.
  static int[] start(Points points, int k, Random random) {
    int n = points.count();
    long[] distances = new long[n];
    Arrays.fill(distances, 1);
    int[] chosen = new int[k];
    for (int c = 0; c < k; c++) {
      int next = draw(points, distances, random.split(c));
      chosen[c] = next;
      boolean first = c == 0;
      Parallel.range(
          n,
          GRAIN,
          (from, to) -> {
            for (int p = from; p < to; p++) {
              long d = distance(points, p, next);
              distances[p] = first ? d : Math.min(distances[p], d);
            }
          });
    }
    return chosen;
  }

  private static int distance(Points points, int p, int q) {
    int red = points.at(p, 0) - points.at(q, 0);
    int green = points.at(p, 1) - points.at(q, 1);
    int blue = points.at(p, 2) - points.at(q, 2);
    return red * red + green * green + blue * blue;
  }

  /// Draws a point with a chance that is its weight times its number.
  private static int draw(Points points, long[] numbers, Random random) {
    long total = 0;
    for (int p = 0; p < numbers.length; p++) {
      total += numbers[p] * points.weights()[p];
    }
    long left = (long) (random.nextDouble() * total);
    int p = 0;
    while (left >= numbers[p] * points.weights()[p]) {
      left -= numbers[p] * points.weights()[p];
      p++;
    }
    return p;
  }

  /// Moves centres to the means of the points nearest to them until no point changes its centre. A
  /// centre without points stays where it is.
  static double[] improved(Points points, double[] begin) {
    double[] centres = begin.clone();
    int[] nearest = new int[points.count()];
    Arrays.fill(nearest, -1);
    for (int round = 0; round < MOST_ROUNDS; round++) {
      int[] before = nearest.clone();
      Parallel.range(
          points.count(),
          GRAIN,
          (from, to) -> {
            for (int p = from; p < to; p++) {
              nearest[p] = nearest(centres, points.at(p, 0), points.at(p, 1), points.at(p, 2));
            }
          });
      if (Arrays.equals(before, nearest)) {
        break;
      }
      move(points, nearest, centres);
    }
    return centres;
  }

  private static void move(Points points, int[] nearest, double[] centres) {
    long[] sums = new long[centres.length];
    long[] weights = new long[centres.length / 3];
    for (int p = 0; p < nearest.length; p++) {
      long weight = points.weights()[p];
      weights[nearest[p]] += weight;
      for (int channel = 0; channel < 3; channel++) {
        sums[3 * nearest[p] + channel] += weight * points.at(p, channel);
      }
    }
    for (int i = 0; i < centres.length; i++) {
      if (weights[i / 3] > 0) {
        centres[i] = (double) sums[i] / weights[i / 3];
      }
    }
  }

  /// Returns the number of the centre nearest to a colour, of equally near ones the first.
  ///
  /// @param centres (k, 3)
  static int nearest(double[] centres, double red, double green, double blue) {
    int best = 0;
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < centres.length; i += 3) {
      double r = centres[i] - red;
      double g = centres[i + 1] - green;
      double b = centres[i + 2] - blue;
      double d = r * r + g * g + b * b;
      if (d < least) {
        least = d;
        best = i / 3;
      }
    }
    return best;
  }
}

package smalti.dalle.data;

import java.util.Arrays;

/// Resizes planes by separable filters: one set of taps a row, one a column.
///
/// Both filters are linear with weights that sum to one, so a constant plane stays constant.
///
/// @param starts where in the source the window of each output begins
/// @param weights the window's weights, for each output, summing to one
record Resample(int[] starts, double[][] weights) {
  private static final double LANCZOS_SUPPORT = 3;

  /// Returns the exact box filter: output `i` averages the source over `[i, i + 1) · in / out`,
  /// with borders shared in proportion. This is what TensorFlow calls area resizing.
  static Resample area(int in, int out) {
    int[] starts = new int[out];
    double[][] weights = new double[out][];
    for (int i = 0; i < out; i++) {
      // Integer ends: i * in / out with remainder, so that no rounding can add or lose a tap.
      long from = (long) i * in;
      long to = from + in;
      int first = (int) (from / out);
      int last = (int) ((to - 1) / out);
      double[] row = new double[last - first + 1];
      for (int j = first; j <= last; j++) {
        long overlap = Math.min(to, (j + 1L) * out) - Math.max(from, (long) j * out);
        row[j - first] = (double) overlap / in;
      }
      starts[i] = first;
      weights[i] = row;
    }
    return new Resample(starts, weights);
  }

  /// Returns the Lanczos filter of three lobes, widened when it shrinks, with the windows and the
  /// normalisation of the Python imaging library that published code used.
  static Resample lanczos(int in, int out) {
    double step = (double) in / out;
    double scale = Math.max(1, step);
    double support = LANCZOS_SUPPORT * scale;
    int[] starts = new int[out];
    double[][] weights = new double[out][];
    for (int i = 0; i < out; i++) {
      double centre = (i + 0.5) * step;
      int first = Math.max(0, (int) (centre - support + 0.5));
      int end = Math.min(in, (int) (centre + support + 0.5));
      double[] row = new double[end - first];
      for (int j = first; j < end; j++) {
        row[j - first] = lanczos((j + 0.5 - centre) / scale);
      }
      double sum = Arrays.stream(row).sum();
      for (int j = 0; j < row.length; j++) {
        row[j] /= sum;
      }
      starts[i] = first;
      weights[i] = row;
    }
    return new Resample(starts, weights);
  }

  private static double lanczos(double x) {
    return Math.abs(x) < LANCZOS_SUPPORT ? sinc(x) * sinc(x / LANCZOS_SUPPORT) : 0;
  }

  private static double sinc(double x) {
    return x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  }

  /// Resizes every row: `(rows, in)` to `(rows, out)`.
  float[] alongRows(float[] source, int rows, int in) {
    int out = starts.length;
    float[] result = new float[Math.multiplyExact(rows, out)];
    for (int r = 0; r < rows; r++) {
      for (int i = 0; i < out; i++) {
        double[] row = weights[i];
        int from = r * in + starts[i];
        double sum = 0;
        for (int j = 0; j < row.length; j++) {
          sum += row[j] * source[from + j];
        }
        result[r * out + i] = (float) sum;
      }
    }
    return result; // (rows, out)
  }

  /// Resizes every column of every plane: `(planes, in, width)` to `(planes, out, width)`.
  float[] alongColumns(float[] source, int planes, int in, int width) {
    int out = starts.length;
    float[] result = new float[Math.multiplyExact(Math.multiplyExact(planes, out), width)];
    double[] sums = new double[width];
    for (int p = 0; p < planes; p++) {
      for (int i = 0; i < out; i++) {
        Arrays.fill(sums, 0);
        double[] column = weights[i];
        for (int j = 0; j < column.length; j++) {
          int from = (p * in + starts[i] + j) * width;
          for (int x = 0; x < width; x++) {
            sums[x] += column[j] * source[from + x];
          }
        }
        int to = (p * out + i) * width;
        for (int x = 0; x < width; x++) {
          result[to + x] = (float) sums[x];
        }
      }
    }
    return result; // (planes, out, width)
  }
}

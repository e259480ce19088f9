package smalti.dalle.cli;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.markers.SeriesMarkers;
import smalti.dalle.train.History;
import smalti.tensor.io.AtomicFile;

/// Draws the curves of a training and the use of a codebook.
final class Charts {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 360;
  private static final int POINTS = 400;

  private Charts() {}

  /// Draws columns of a history against the update, smoothed to a few hundred points.
  static void curves(Path file, String title, String unit, History history, List<String> columns)
      throws IOException {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle("update")
            .yAxisTitle(unit)
            .build();
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    int bin = Math.max(1, history.size() / POINTS);
    double[] x = means(history.column("step"), bin);
    for (String column : columns) {
      double[] y = means(history.column(column), bin);
      // Numbers that are measured now and then leave gaps, which the line bridges.
      int[] there = IntStream.range(0, y.length).filter(i -> !Double.isNaN(y[i])).toArray();
      if (there.length > 0) {
        double[] xs = Arrays.stream(there).mapToDouble(i -> x[i]).toArray();
        double[] ys = Arrays.stream(there).mapToDouble(i -> y[i]).toArray();
        chart.addSeries(column, xs, ys).setMarker(SeriesMarkers.NONE);
      }
    }
    write(BitmapEncoder.getBufferedImage(chart), file);
  }

  private static double[] means(double[] values, int bin) {
    double[] out = new double[(values.length + bin - 1) / bin];
    for (int i = 0; i < out.length; i++) {
      int end = Math.min(values.length, (i + 1) * bin);
      out[i] =
          Arrays.stream(values, i * bin, end)
              .filter(v -> !Double.isNaN(v))
              .average()
              .orElse(Double.NaN);
    }
    return out;
  }

  /// Draws how often each code occurs, most used first.
  ///
  /// @param ascending the counts
  static void usage(Path file, long[] ascending) throws IOException {
    int n = ascending.length;
    double[] rank = new double[n];
    double[] count = new double[n];
    for (int i = 0; i < n; i++) {
      rank[i] = i + 1;
      count[i] = ascending[n - 1 - i];
    }
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title("codebook use")
            .xAxisTitle("code, by rank")
            .yAxisTitle("occurrences")
            .build();
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setLegendVisible(false);
    chart.getStyler().setXAxisMaxLabelCount(10);
    chart.addSeries("codes", rank, count);
    write(BitmapEncoder.getBufferedImage(chart), file);
  }

  private static void write(BufferedImage image, Path file) throws IOException {
    AtomicFile.write(file, out -> ImageIO.write(image, "png", out));
  }
}

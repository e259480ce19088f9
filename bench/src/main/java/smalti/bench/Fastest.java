package smalti.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Finds the fastest variant of a task.
final class Fastest {
  private static final int PASSES = 2;
  private static final double PASS_SECONDS = 0.04;
  private static final double LONGEST = 4;

  private Fastest() {}

  /// Returns the variant with the least median time and leaves the task at it. The variants take
  /// turns, so that none has all of a slow moment; the first run of each is not counted. The second
  /// turns are left out where the first took long.
  static String of(Task task) {
    List<String> variants = task.variants();
    Map<String, List<Double>> times = new LinkedHashMap<>();
    long begin = System.nanoTime();
    for (int pass = 0; variants.size() > 1 && pass <= PASSES; pass++) {
      if (pass > 1 && (System.nanoTime() - begin) * 1e-9 > LONGEST) {
        break;
      }
      for (String variant : variants) {
        task.use(variant);
        Cores.rest();
        if (pass == 0) {
          task.run();
        } else {
          time(task, times.computeIfAbsent(variant, v -> new ArrayList<>()));
        }
      }
    }
    String best = variants.getFirst();
    double least = Double.MAX_VALUE;
    for (Map.Entry<String, List<Double>> e : times.entrySet()) {
      double median = Medians.median(e.getValue().stream().mapToDouble(t -> t).toArray());
      if (median < least) {
        least = median;
        best = e.getKey();
      }
    }
    task.use(best);
    return best;
  }

  private static void time(Task task, List<Double> times) {
    double spent = 0;
    while (spent < PASS_SECONDS) {
      long start = System.nanoTime();
      task.run();
      double seconds = (System.nanoTime() - start) * 1e-9;
      times.add(seconds);
      spent += seconds;
    }
  }
}

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
  private static final double LONG_RUN = 0.5;
  private static final double HOPELESS = 3;

  private Fastest() {}

  /// Returns the variant with the least median time and leaves the task at it. The variants take
  /// turns, so that none has all of a slow moment; the first run of each is not counted. The second
  /// turns are left out where the first took long, and a variant whose first run was long and
  /// several times as long as another's has no more.
  static String of(Task task) {
    List<String> variants = new ArrayList<>(task.variants());
    Map<String, Double> first = new LinkedHashMap<>();
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
          first.put(variant, run(task));
        } else {
          time(task, times.computeIfAbsent(variant, v -> new ArrayList<>()));
        }
      }
      if (pass == 0) {
        double least = first.values().stream().min(Double::compare).orElse(0.0);
        variants.removeIf(v -> isHopeless(first.getOrDefault(v, 0.0), least));
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
      double seconds = run(task);
      times.add(seconds);
      spent += seconds;
    }
  }

  private static double run(Task task) {
    long start = System.nanoTime();
    task.run();
    return (System.nanoTime() - start) * 1e-9;
  }

  private static boolean isHopeless(double seconds, double least) {
    return seconds > LONG_RUN && seconds > HOPELESS * least;
  }
}

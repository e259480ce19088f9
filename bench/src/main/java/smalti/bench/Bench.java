package smalti.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import smalti.dalle.cli.Benchmarks;

/// Runs what `smalti bench` asks for.
public final class Bench implements Benchmarks {
  private static final String MKL = "mkl";

  @Override
  public void run(Request request, PrintStream out) throws IOException {
    Suite.Extent extent =
        request.quick()
            ? Suite.Extent.QUICK
            : request.growth() ? Suite.Extent.GROWTH : Suite.Extent.FULL;
    Suite suite = new Suite();
    List<Work> works = suite.select(extent, request.filters());
    if (works.isEmpty()) {
      throw new IllegalArgumentException(
          "bench: nothing is named like %s; names are %s"
              .formatted(request.filters(), String.join(" ", suite.names())));
    }
    List<Implementation> peers = peers(request.peers());
    Effort effort = request.quick() ? Effort.quick() : Effort.full();
    Measurement measurement = new Measurement(peers, request.threads(), effort, extraOptions());
    List<String> flags = new ArrayList<>(Measurement.JVM_OPTIONS);
    flags.addAll(extraOptions());
    out.println(Machine.here(flags));
    out.println(Table.head());
    List<Row> rows = new ArrayList<>();
    for (Work work : works) {
      for (Row row : measurement.of(work)) {
        rows.add(row);
        out.println(Table.line(row, work));
        out.flush();
      }
    }
    Summary.print(rows, out);
    if (request.json() != null) {
      RowsJson.write(rows, request.json());
    }
  }

  /// Returns the options for Java that the user added to this process.
  private static List<String> extraOptions() {
    String options = System.getenv("SMALTI_OPTS");
    return options == null || options.isBlank() ? List.of() : List.of(options.strip().split("\\s+", 0));
  }

  private static List<Implementation> peers(List<String> names) {
    List<Implementation> all = Implementations.all();
    all.removeIf(i -> i.name().equals(Ours.NAME));
    if (names.equals(List.of("none"))) {
      return all.stream().filter(OursDense.class::isInstance).toList();
    }
    if (names.equals(List.of("all"))) {
      return all;
    }
    if (names.isEmpty()) {
      return all.stream().filter(i -> !i.name().equals(MKL)).toList();
    }
    List<Implementation> chosen = new ArrayList<>();
    for (String name : names) {
      chosen.add(Implementations.named(name));
    }
    return chosen;
  }
}

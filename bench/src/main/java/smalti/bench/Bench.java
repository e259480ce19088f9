package smalti.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import smalti.dalle.cli.Benchmarks;
import smalti.dalle.cli.DeviceOption;
import smalti.tensor.backend.DeviceMeter.Split;

/// Runs what `smalti bench` asks for.
public final class Bench implements Benchmarks {
  @Override
  public void run(Request request, PrintStream out) throws IOException {
    List<Work> works = works(request);
    Peers peers = Peers.of(request.peers(), request.quick(), Implementations.others());
    List<String> options = extraOptions(System.getenv("SMALTI_OPTS"));
    List<String> flags = Measurement.flags(options);
    Optional<OnDevice> device = Optional.ofNullable(request.device()).map(OnDevice::new);
    if (device.isPresent()) { // which Java wants options of its own for, as this process has
      peers = peers.and(device.get());
      flags.add("and those of the device");
      options = ManagementFactory.getRuntimeMXBean().getInputArguments();
    }
    out.println(Machine.here(flags));
    Map<Integer, Roofline> roofs = new HashMap<>();
    if (Roofline.isPossible()) {
      for (int threads : request.threads()) {
        Roofline roof = Roofline.measure(threads);
        roofs.put(threads, roof);
        out.println(roof);
      }
    }
    Effort effort = request.quick() ? Effort.quick() : Effort.full();
    out.println(
        "%d piece%s of work; %s; times are medians"
            .formatted(works.size(), works.size() == 1 ? "" : "s", effort));
    out.println();
    out.println(Table.head());
    Measurement measurement = new Measurement(peers, request.threads(), effort, options);
    List<Row> rows = new ArrayList<>();
    Countdown countdown = new Countdown(works, System.err);
    int different = 0;
    for (int i = 0; i < works.size(); i++) {
      Work work = works.get(i);
      countdown.show(i);
      List<Row> found = List.of();
      try {
        found = withMemory(work, measurement.of(work), request, options);
        countdown.wipe();
      } catch (DifferentNumbersException e) {
        different++;
        countdown.wipe();
        out.println(e.getMessage());
      }
      for (Row measured : found) {
        Roofline roof = roofs.get(measured.threads());
        Row row = roof == null ? measured : measured.beneath(roof.leastMs(work));
        rows.add(row);
        out.println(Table.line(row, work));
        out.flush();
      }
      Path json = request.json();
      if (json != null) { // after each, so that a run cut short leaves what it found
        RowsJson.write(rows, json);
      }
    }
    Summary.print(rows, out);
    if (device.isPresent()) {
      OnDevice measured = device.get();
      Map<String, Split> splits = new DeviceReport(measured).print(works, out);
      String description = DeviceOption.description(measured.name());
      BesidePyTorch.print(request.pytorch(), description, works, splits, out);
    }
    if (different > 0) {
      throw new IOException(
          ("%d of %d pieces of work have no times: a peer's numbers differ from ours (see above). "
                  + "libtorch's convolutions are wrong with AVX-512; --isa avx2 mends that")
              .formatted(different, works.size()));
    }
  }

  private static List<Work> works(Request request) {
    Suite.Extent extent =
        request.growth()
            ? Suite.Extent.GROWTH
            : isGlance(request) ? Suite.Extent.QUICK : Suite.Extent.FULL;
    Suite suite = new Suite();
    List<Work> works = suite.select(extent, request.filters());
    if (works.isEmpty()) {
      throw new IllegalArgumentException(
          "nothing to measure is named like %s; there is %s"
              .formatted(
                  String.join(", ", request.filters()),
                  String.join(
                      " ", suite.select(extent, List.of()).stream().map(Work::name).toList())));
    }
    return works;
  }

  /// Returns whether a few of each kind are asked for.
  private static boolean isGlance(Request request) {
    return request.quick() && !request.growth() && request.filters().isEmpty();
  }

  /// Measures the memory of training steps, beside each peer, on the most threads; not where a few
  /// of each kind are asked for.
  private static List<Row> withMemory(
      Work work, List<Row> rows, Request request, List<String> options) throws IOException {
    boolean measured =
        !isGlance(request)
            && (work instanceof Work.TransformerStep || work instanceof Work.VaeStep);
    int most = request.threads().stream().max(Integer::compare).orElse(1);
    List<Row> with = new ArrayList<>();
    for (Row row : rows) {
      String peer = row.peer();
      if (measured && peer != null && !peer.equals(Medians.ON_ONE) && row.threads() == most) {
        double ours = MemoryProbe.of(work, Ours.NAME, most, Task.PLAIN, options);
        double theirs = MemoryProbe.of(work, peer, most, row.variant(), options);
        with.add(row.with(new Row.Memory(ours, theirs)));
      } else {
        with.add(row);
      }
    }
    return with;
  }

  /// Returns the options for Java that the user gave to the program, for the measuring processes.
  static List<String> extraOptions(@Nullable String text) {
    return text == null || text.isBlank() ? List.of() : List.of(text.strip().split("\\s+", -1));
  }
}

package smalti.dalle.cli;

import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import smalti.dalle.plan.Cluster;
import smalti.dalle.plan.DeviceMemory;
import smalti.dalle.plan.EngineMemory;
import smalti.dalle.plan.Plan;
import smalti.dalle.plan.VaeMemory;
import smalti.dalle.plan.VaePlan;
import smalti.dalle.transformer.TransformerConfig;

/// Prints a plan for people.
final class PlanText {
  private final PrintStream out;
  private final Plan plan;

  PlanText(PrintStream out, Plan plan) {
    this.out = out;
    this.plan = plan;
  }

  void print() {
    model();
    operations();
    device();
    engine();
    sampling();
    sharding();
    stage1();
    out.flush();
  }

  private void stage1() {
    VaePlan v = plan.job().vae();
    if (v == null) {
      return;
    }
    VaeMemory m = v.engine();
    line("");
    line(
        "stage 1: a dVAE of %d px, %dx%d tokens of %,d codes, %,d updates of %,d pictures",
        v.model().imageSize(),
        v.model().gridSize(),
        v.model().gridSize(),
        v.model().vocabulary(),
        v.steps(),
        v.batch());
    row("encoder's parameters", count(v.encoderParameters()));
    row("decoder's parameters", count(v.decoderParameters()));
    row(
        "operations, one picture",
        "%.3g and %.3g forward".formatted(v.encoderOperations(), v.decoderOperations()));
    row("an update", "%.3g".formatted(v.operationsPerStep()));
    row("all updates", "%.3g".formatted(v.operationsPerRun()));
    row("activations, this library", bytes(m.activations()));
    row("tensors alive at most", "%s (the optimiser)".formatted(bytes(m.peak())));
  }

  private void model() {
    TransformerConfig c = plan.job().model();
    line(
        "%s: %d layers, width %d, %d heads of %d; %d text and %d image positions, %,d and %,d tokens",
        plan.job().name(),
        c.layers(),
        c.width(),
        c.heads(),
        c.width() / c.heads(),
        c.textLength(),
        c.imageLength(),
        c.textVocabulary(),
        c.imageVocabulary());
    line("attention  %s", join(plan.layers(), "%2$d %1$s"));
    line("");
    line("parameters");
    plan.parameters().parts().forEach((name, n) -> row(name.replace('_', ' '), count(n)));
    row("in all", count(plan.parameters().total()));
    row("of those the core", count(plan.parameters().core()));
  }

  private static String join(Map<String, Long> counts, String format) {
    return counts.entrySet().stream()
        .map(e -> String.format(Locale.ROOT, format, e.getKey(), e.getValue()))
        .collect(Collectors.joining(", "));
  }

  private void operations() {
    line("");
    line("floating-point operations");
    row("forward, one picture", "%.3g".formatted(plan.operations().forwardPerSample()));
    row(
        "update of %,d pictures".formatted(plan.job().batch()),
        "%.3g, with blocks computed again %.3g"
            .formatted(plan.operations().perStep(), plan.operations().perStepRecomputed()));
    row("%,d updates".formatted(plan.job().steps()), "%.3g".formatted(plan.operations().perRun()));
    row(
        "pairs that attention sees",
        "%,.0f of %,.0f, one in %.1f"
            .formatted(
                plan.operations().visiblePairs(),
                plan.operations().densePairs(),
                plan.operations().densePairs() / plan.operations().visiblePairs()));
    if (plan.secondsPerStep() != null && plan.secondsPerRun() != null) {
      row(
          "at %s TFLOPS on %,d".formatted(plan.cluster().tflops(), plan.cluster().gpus()),
          "%.3g s an update, %.1f days"
              .formatted(plan.secondsPerStep(), plan.secondsPerRun() / 86_400));
    }
  }

  private void device() {
    DeviceMemory m = plan.device();
    Cluster on = plan.cluster();
    line("");
    line("memory of each device, the paper's formats, parameters sharded over %d", on.perMachine());
    row("parameters", bytes(m.parameters()) + " of " + bytes(m.allParameters()));
    row("gathered branches", bytes(m.gathered()));
    row("gradients", bytes(m.gradients()));
    row("moments", bytes(m.moments()));
    row("scores", bytes(m.logits()));
    row(
        "activations",
        "%s and %s computed again; %s without checkpoints"
            .formatted(
                bytes(m.activations()),
                bytes(m.recomputed()),
                bytes(m.activationsWithoutCheckpoints())));
    row(
        "in all",
        "%s, without checkpoints %s: %s into %s GB"
            .formatted(
                bytes(m.total()),
                bytes(m.totalWithoutCheckpoints()),
                plan.fits() ? "fits" : "does not fit",
                on.gigabytes()));
  }

  private void engine() {
    EngineMemory m = plan.engine();
    line("");
    line("memory of this library, 32 bits, one machine, %,d pictures at once", plan.job().atOnce());
    row("parameters", bytes(m.parameters()));
    row("gradients", bytes(m.gradients()));
    row("moments", bytes(m.moments()));
    row("average of the parameters", bytes(m.average()));
    row(
        "activations",
        "%s; with checkpoints %s"
            .formatted(bytes(m.activations()), bytes(plan.engineCheckpointed().activations())));
    row(
        "tensors alive at most",
        "%s (%s); with checkpoints %s (%s)"
            .formatted(
                bytes(m.peak()),
                m.worst(),
                bytes(plan.engineCheckpointed().peak()),
                plan.engineCheckpointed().worst()));
    line("  Java itself, the pictures and what the collector has not yet found come on top.");
  }

  private void sampling() {
    line("");
    line("keys and values of a sampled picture, 16 bits");
    row("all positions", bytes(plan.cache().dense()));
    row(
        "as the patterns need",
        "%s, and %s of text shared by all pictures of a caption"
            .formatted(bytes(plan.cache().image()), bytes(plan.cache().text())));
  }

  private void sharding() {
    Cluster on = plan.cluster();
    if (on.gpus() == 1) {
      return;
    }
    line("");
    line(
        "sharding over %,d devices: %d machines of %d; a device holds 1/%d of every array",
        on.gpus(), on.machines(), on.perMachine(), on.perMachine());
    row("all-gather, a device, update", bytes(plan.traffic().allGather()));
    row("reduce-scatter", bytes(plan.traffic().reduceScatter()));
    if (plan.powerSgd().rank() > 0) {
      row(
          "PowerSGD of rank %d".formatted(plan.powerSgd().rank()),
          "rank %.0f a device: saves %.0f %%, %s instead of %s"
              .formatted(
                  plan.powerSgd().rankPerGpu(),
                  100 * plan.powerSgd().saved(),
                  bytes(plan.powerSgd().sentBytes()),
                  bytes(plan.powerSgd().uncompressedBytes())));
    }
    row("between machines", bytes(plan.traffic().betweenMachines()));
  }

  private void row(String name, String value) {
    line("  %-28s %s", name, value);
  }

  private void line(String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values));
  }

  private static String count(long n) {
    return n >= 1_000_000_000
        ? String.format(Locale.ROOT, "%,d (%.3f billion)", n, n / 1e9)
        : String.format(Locale.ROOT, "%,d", n);
  }

  private static String bytes(double n) {
    if (n == 0) {
      return "none";
    }
    if (n >= 1e9) {
      return String.format(Locale.ROOT, "%,.2f GB", n / 1e9);
    }
    return n >= 1e6
        ? String.format(Locale.ROOT, "%.1f MB", n / 1e6)
        : String.format(Locale.ROOT, "%.1f kB", n / 1e3);
  }
}

package smalti.dalle.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import smalti.tensor.Parallel;
import smalti.tensor.backend.BackendProvider;
import smalti.tensor.backend.BackendProvider.Availability.Unavailable;
import smalti.tensor.backend.Backends;

/// Lists what can compute, and why something cannot.
@Command(
    name = "devices",
    mixinStandardHelpOptions = true,
    description = {
      "Lists the devices for --device: the CPU, and what TornadoVM finds. Where one",
      "cannot be used it says why, and how to get it."
    },
    footer = {"", "Example:", "  smalti devices"})
final class DevicesCommand implements Callable<Integer> {
  static final String NO_TORNADOVM =
      "TornadoVM is not here: sdk install tornadovm (https://sdkman.io), or set TORNADOVM_HOME to"
          + " one; then start ./smalti again, which builds the module gpu";

  @Override
  public Integer call() {
    List<BackendProvider> providers = Backends.providers();
    boolean vector =
        providers.stream()
            .anyMatch(p -> p.name().equals("simd") && !(p.availability() instanceof Unavailable));
    say(
        "cpu",
        "%s, %d threads, %s"
            .formatted(
                System.getProperty("os.arch"),
                Parallel.threads(),
                vector ? "with the Vector API" : "without the Vector API"));
    List<BackendProvider> others = providers.stream().filter(p -> p.name().equals("gpu")).toList();
    if (others.isEmpty()) {
      say("gpu", "not usable: " + NO_TORNADOVM);
    }
    for (BackendProvider p : others) {
      if (p.availability() instanceof Unavailable(String reason)) {
        say(p.name(), "not usable: " + reason);
      }
      List<BackendProvider.Device> devices = p.devices();
      for (int i = 0; i < devices.size(); i++) {
        say("%s:%d".formatted(p.name(), i), devices.get(i).description());
      }
    }
    return 0;
  }

  private static void say(String device, String what) {
    System.out.println("%-8s%s".formatted(device, what));
  }
}

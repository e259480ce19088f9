package smalti.dalle.cli;

import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Option;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.BackendProvider;
import smalti.tensor.backend.BackendProvider.Availability.Unavailable;
import smalti.tensor.backend.Backends;

/// Is the option that chooses where everything is computed.
public final class DeviceOption {
  private static final String CPU = "cpu";
  private static final String AUTO = "auto";

  @Option(
      names = "--device",
      paramLabel = "cpu|gpu|gpu:N|auto",
      description = "where to compute (default: cpu); smalti devices lists what there is")
  private String device = CPU;

  DeviceOption() {}

  /// Runs a command with the device's backend in force.
  ///
  /// @throws UserError if there is no such device
  <R> R with(Callable<R> command) throws Exception {
    Optional<String> chosen = chosen();
    return chosen.isEmpty() ? command.call() : Backends.withChecked(backend(chosen.get()), command);
  }

  /// Returns the device that is meant beside the CPU, e.g. `gpu:0`, and says in a line which it is;
  /// empty for `cpu`, and for `auto` where none can be used, which is said too.
  ///
  /// @throws UserError if there is no such device
  Optional<String> chosen() {
    if (device.equals(CPU)) {
      return Optional.empty();
    }
    if (device.equals(AUTO)) {
      Optional<String> missing = missing();
      if (missing.isPresent()) {
        System.out.println("device cpu, as no other can be used: " + missing.get());
        return Optional.empty();
      }
    }
    String asked = device.equals(AUTO) ? "gpu" : device;
    String description = description(asked);
    String name = "gpu:" + number(asked);
    System.out.println("device %s, %s".formatted(name, description));
    return Optional.of(name);
  }

  /// Returns the backend of a device, `gpu` or `gpu:N`.
  ///
  /// @throws UserError if there is no such device
  public static Backend backend(String device) {
    return provider(device).create(number(device));
  }

  /// Describes a device, `gpu` or `gpu:N`, as `smalti devices` does.
  ///
  /// @throws UserError if there is no such device
  public static String description(String device) {
    return provider(device).devices().get(number(device)).description();
  }

  private static int number(String device) {
    return device.contains(":") ? Integer.parseInt(device.substring(4)) : 0;
  }

  private static BackendProvider provider(String device) {
    if (!device.matches("gpu(:[0-9]{1,4})?")) {
      throw new UserError("--device is cpu, gpu, gpu:N or auto; got " + device);
    }
    missing()
        .ifPresent(reason -> {
          throw new UserError("--device %s: %s".formatted(device, reason));
        });
    BackendProvider gpu = found().orElseThrow();
    int last = gpu.devices().size() - 1;
    if (number(device) > last) {
      throw new UserError(
          "--device %s: the last one is gpu:%d; see smalti devices".formatted(device, last));
    }
    return gpu;
  }

  /// Returns why no device but the CPU can be used, if none can.
  private static Optional<String> missing() {
    Optional<BackendProvider> gpu = found();
    if (gpu.isEmpty()) {
      return Optional.of(DevicesCommand.NO_TORNADOVM);
    }
    return gpu.get().availability() instanceof Unavailable(String reason)
        ? Optional.of(reason)
        : Optional.empty();
  }

  private static Optional<BackendProvider> found() {
    return Backends.providers().stream().filter(p -> p.name().equals("gpu")).findFirst();
  }
}

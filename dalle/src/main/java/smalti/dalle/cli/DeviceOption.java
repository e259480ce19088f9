package smalti.dalle.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.BackendProvider;
import smalti.tensor.backend.BackendProvider.Availability.Available;
import smalti.tensor.backend.BackendProvider.Availability.Unavailable;
import smalti.tensor.backend.Backends;

/// Is the option that chooses where everything is computed.
final class DeviceOption {
  @Option(
      names = "--device",
      paramLabel = "cpu|gpu|gpu:N|auto",
      description = "where to compute (default: cpu); smalti devices lists what there is")
  private String device = "cpu";

  /// Runs a command with the device's backend in force.
  ///
  /// @throws UserError if there is no such device
  <R> R with(Callable<R> command) throws Exception {
    Backend backend = backend();
    if (backend == null) {
      return command.call();
    }
    return Backends.withChecked(backend, command);
  }

  /// Returns the backend, or null for the one that is chosen without the option.
  private @Nullable Backend backend() {
    if (device.equals("cpu")) {
      return null;
    }
    boolean auto = device.equals("auto");
    if (!auto && !device.matches("gpu(:[0-9]{1,4})?")) {
      throw new UserError("--device is cpu, gpu, gpu:N or auto; got " + device);
    }
    BackendProvider gpu =
        Backends.providers().stream().filter(p -> p.name().equals("gpu")).findFirst().orElse(null);
    if (gpu == null) {
      return absent(auto, DevicesCommand.NO_TORNADOVM);
    }
    if (gpu.availability() instanceof Unavailable(String reason)) {
      return absent(auto, reason);
    }
    assert gpu.availability() instanceof Available;
    int number = device.contains(":") ? Integer.parseInt(device.substring(4)) : 0;
    if (number >= gpu.devices().size()) {
      throw new UserError(
          "--device %s: the last one is gpu:%d; see smalti devices"
              .formatted(device, gpu.devices().size() - 1));
    }
    return gpu.create(number);
  }

  private @Nullable Backend absent(boolean auto, String reason) {
    if (auto) {
      return null;
    }
    throw new UserError("--device %s: %s".formatted(device, reason));
  }
}

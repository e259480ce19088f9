package smalti.bench;

import java.util.List;
import java.util.function.Supplier;
import smalti.dalle.cli.DeviceOption;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.Backends;

/// Is Smalti on a device, beside itself on the CPU: the same tasks under the device's backend.
public final class OnDevice implements Implementation {
  private final String name;
  private final Backend backend;

  /// @param name as `--device` takes it, e.g. `gpu:0`
  OnDevice(String name) {
    this.name = name;
    this.backend = DeviceOption.backend(name);
  }

  /// Returns whether a name is that of a device.
  static boolean isDevice(String name) {
    return name.startsWith("gpu");
  }

  Backend backend() {
    return backend;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String settings() {
    return "smalti, backend " + backend.name();
  }

  @Override
  public boolean supports(Work work, int threads) {
    return true;
  }

  @Override
  public void threads(int threads) {}

  @Override
  public Task prepare(Work work) {
    Task task = within(() -> new Ours().prepare(work));
    return new Task() {
      @Override
      public void run() {
        Backends.with(backend, task::run);
      }

      @Override
      public List<float[]> results() {
        return within(task::results);
      }
    };
  }

  private <R> R within(Supplier<R> action) {
    return Backends.with(backend, action);
  }
}

package smalti.gpu;

import java.util.function.Consumer;
import smalti.tensor.DType;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.BackendProvider;
import smalti.tensor.backend.BackendProvider.Availability.Available;
import smalti.tensor.backend.Backends;

/// Is the best backend of the CPU, for integers and for dtypes that are for storing.
final class HostBackend {
  private final Backend backend =
      Backends.providers().stream()
          .filter(p -> !p.name().equals("gpu") && p.availability() instanceof Available)
          .findFirst()
          .map(BackendProvider::create)
          .orElseThrow();

  void run(Consumer<Backend> kernel) {
    Backends.with(backend, () -> kernel.accept(backend));
  }

  /// Returns a tensor of the host in another dtype.
  Tensor converted(Tensor x, DType dtype) {
    return Backends.with(backend, () -> x.to(dtype));
  }

  /// Returns a copy on the host of what is on the device; others as they are.
  static Tensor fetched(Tensor x) {
    return x.storage() instanceof Storage.DeviceStorage
        ? Tensor.of(x.toFloats(), x.shape().toArray())
        : x;
  }
}

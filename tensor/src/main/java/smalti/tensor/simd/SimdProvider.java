package smalti.tensor.simd;

import smalti.tensor.backend.Backend;
import smalti.tensor.backend.BackendProvider;

/// Offers the backend on the Vector API where the JVM has that module.
public final class SimdProvider implements BackendProvider {
  private static final String MODULE = "jdk.incubator.vector";

  /// Makes the provider; [java.util.ServiceLoader] calls it.
  public SimdProvider() {}

  @Override
  public String name() {
    return "simd";
  }

  @Override
  public int rank() {
    return 10;
  }

  @Override
  public Availability availability() {
    if (ModuleLayer.boot().findModule(MODULE).isEmpty()) {
      return new Availability.Unavailable(
          "the module %s is not loaded; run java with --add-modules %s for speed"
              .formatted(MODULE, MODULE));
    }
    if (Lanes.COUNT < 4) {
      return new Availability.Unavailable(
          "vectors here hold only %d floats; 4 or more are needed".formatted(Lanes.COUNT));
    }
    return new Availability.Available();
  }

  @Override
  public Backend create() {
    return new SimdBackend();
  }
}

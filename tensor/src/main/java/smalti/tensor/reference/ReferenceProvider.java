package smalti.tensor.reference;

import smalti.tensor.backend.Backend;
import smalti.tensor.backend.BackendProvider;

/// Offers the reference backend, which runs everywhere.
public final class ReferenceProvider implements BackendProvider {
  /// Makes the provider; [java.util.ServiceLoader] calls it.
  public ReferenceProvider() {}

  @Override
  public String name() {
    return "reference";
  }

  @Override
  public int rank() {
    return 0;
  }

  @Override
  public Availability availability() {
    return new Availability.Available();
  }

  @Override
  public Backend create() {
    return new ReferenceBackend();
  }
}

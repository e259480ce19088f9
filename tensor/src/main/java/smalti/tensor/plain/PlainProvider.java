package smalti.tensor.plain;

import smalti.tensor.backend.Backend;
import smalti.tensor.backend.BackendProvider;

/// Offers the plain backend, which runs everywhere and is chosen where there are no vectors.
public final class PlainProvider implements BackendProvider {
  /// Makes the provider; [java.util.ServiceLoader] calls it.
  public PlainProvider() {}

  @Override
  public String name() {
    return "plain";
  }

  @Override
  public int rank() {
    return 5;
  }

  @Override
  public Availability availability() {
    return new Availability.Available();
  }

  @Override
  public Backend create() {
    return new PlainBackend();
  }
}

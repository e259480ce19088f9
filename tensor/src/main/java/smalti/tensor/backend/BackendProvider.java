package smalti.tensor.backend;

import java.util.List;

/// Offers a backend to [Backends] through [java.util.ServiceLoader].
public interface BackendProvider {

  /// Says whether the backend can run here.
  sealed interface Availability {
    /// The backend can run.
    record Available() implements Availability {}

    /// The backend cannot run.
    ///
    /// @param reason why, and what to do, for people
    record Unavailable(String reason) implements Availability {}
  }

  /// Returns the backend's name, as in `-Dsmalti.backend=name`.
  String name();

  /// Returns the preference: the available backend of highest rank is chosen.
  int rank();

  /// Returns whether the backend can run here.
  Availability availability();

  /// Returns the backend.
  Backend create();

  /// Is a device that a provider offers besides the CPU.
  ///
  /// @param description what it is, for people
  record Device(String description) {}

  /// Returns the devices to choose from; none where the backend runs on the CPU.
  default List<Device> devices() {
    return List.of();
  }

  /// Returns the backend on one of [#devices], by its number.
  ///
  /// @throws IllegalArgumentException if there is no such device
  default Backend create(int device) {
    throw new IllegalArgumentException(name() + ": has no devices to choose from");
  }
}

package smalti.tensor.backend;

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
}

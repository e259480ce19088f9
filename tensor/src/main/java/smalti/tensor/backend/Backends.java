package smalti.tensor.backend;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import smalti.tensor.backend.BackendProvider.Availability.Unavailable;

/// Chooses the backend that runs kernels: the one named by `-Dsmalti.backend`, or else the
/// available one of highest rank.
public final class Backends {
  private static final ScopedValue<Backend> SCOPED = ScopedValue.newInstance();

  private Backends() {}

  /// Is loaded on first use only, so that the choice is logged once and made late.
  private static final class Default {
    static final Backend BACKEND = choose(System.getProperty("smalti.backend", ""));

    private Default() {}
  }

  private static final class Reference {
    static final Backend BACKEND = choose("reference");

    private Reference() {}
  }

  /// Returns the backend in force on this thread.
  public static Backend current() {
    return SCOPED.isBound() ? SCOPED.get() : Default.BACKEND;
  }

  /// Returns the reference backend, whose plain loops define what every kernel means.
  public static Backend reference() {
    return Reference.BACKEND;
  }

  /// Runs an action with a backend in force and returns its result.
  public static <R> R with(Backend backend, Supplier<R> action) {
    return ScopedValue.where(SCOPED, backend).call(action::get);
  }

  /// Runs an action with a backend in force.
  public static void with(Backend backend, Runnable action) {
    ScopedValue.where(SCOPED, backend).run(action);
  }

  /// Runs an action that may throw with a backend in force and returns its result.
  ///
  /// @throws Exception what the action throws
  public static <R> R withChecked(Backend backend, Callable<R> action) throws Exception {
    return ScopedValue.where(SCOPED, backend).call(action::call);
  }

  /// Returns all providers found, best first.
  public static List<BackendProvider> providers() {
    List<BackendProvider> found = new ArrayList<>();
    ServiceLoader.load(BackendProvider.class, Backends.class.getClassLoader()).forEach(found::add);
    found.sort(Comparator.comparingInt(BackendProvider::rank).reversed());
    return found;
  }

  private static Backend choose(String wanted) {
    System.Logger log = System.getLogger("smalti.backend");
    for (BackendProvider provider : providers()) {
      if (!wanted.isEmpty() && !provider.name().equals(wanted)) {
        continue;
      }
      if (provider.availability() instanceof Unavailable(String reason)) {
        log.log(Level.WARNING, "backend {0} is not used: {1}", provider.name(), reason);
        continue;
      }
      log.log(Level.DEBUG, "backend {0}", provider.name());
      return provider.create();
    }
    throw new IllegalStateException(
        wanted.isEmpty()
            ? "no backend is available"
            : "-Dsmalti.backend=%s: no such backend is available here".formatted(wanted));
  }
}

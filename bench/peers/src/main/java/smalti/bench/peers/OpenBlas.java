package smalti.bench.peers;

import java.nio.file.Path;
import java.util.List;
import java.util.function.IntConsumer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.openblas.global.openblas_nolapack;
import smalti.bench.Implementation;
import smalti.bench.Task;
import smalti.bench.Work;

/// Is OpenBLAS.
///
/// Its binding loads two copies of the library, each with threads of its own: libtorch calls the
/// whole one, what is measured here is the one without LAPACK.
public final class OpenBlas implements Implementation {
  private static final class Library {
    static final NativeLibrary WHOLE = library("libopenblas.so.0", openblas.class);
    static final NativeLibrary WITHOUT_LAPACK =
        library("libopenblas_nolapack.so.0", openblas_nolapack.class);
    static final IntConsumer SET_WHOLE = WHOLE.setter(SET_THREADS);
    static final IntConsumer SET_WITHOUT_LAPACK = WITHOUT_LAPACK.setter(SET_THREADS);

    private static NativeLibrary library(String file, Class<?> binding) {
      return new NativeLibrary(Path.of(Loader.load(binding)).resolveSibling(file));
    }
  }

  private static final String SET_THREADS = "openblas_set_num_threads";

  @Override
  public String name() {
    return "openblas";
  }

  @Override
  public String settings() {
    return Library.WITHOUT_LAPACK.text("openblas_get_config")
        + ", core "
        + Library.WITHOUT_LAPACK.text("openblas_get_corename")
        + ", openblas_set_num_threads as ours";
  }

  @Override
  public boolean supports(Work work, int threads) {
    return work instanceof Work.Sgemm;
  }

  @Override
  public void threads(int threads) {
    setThreads(threads);
  }

  static void setThreads(int threads) {
    Library.SET_WHOLE.accept(threads);
    Library.SET_WITHOUT_LAPACK.accept(threads);
    for (NativeLibrary copy : List.of(Library.WHOLE, Library.WITHOUT_LAPACK)) {
      int set = copy.number("openblas_get_num_threads");
      if (set != threads) {
        throw new IllegalStateException("OpenBLAS has %d threads, not %d".formatted(set, threads));
      }
    }
  }

  /// Sets the threads of the copy that libtorch calls, in a fraction of a microsecond.
  static void setThreadsOfLibtorch(int threads) {
    Library.SET_WHOLE.accept(threads);
  }

  @Override
  public Task prepare(Work work) {
    return new Blas((Work.Sgemm) work, Library.WITHOUT_LAPACK.sgemm());
  }
}

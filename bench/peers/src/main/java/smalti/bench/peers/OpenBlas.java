package smalti.bench.peers;

import java.nio.file.Path;
import java.util.List;
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

    private static NativeLibrary library(String file, Class<?> binding) {
      return new NativeLibrary(Path.of(Loader.load(binding)).resolveSibling(file));
    }
  }

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
    for (NativeLibrary copy : List.of(Library.WHOLE, Library.WITHOUT_LAPACK)) {
      copy.set("openblas_set_num_threads", threads);
      int set = copy.number("openblas_get_num_threads");
      if (set != threads) {
        throw new IllegalStateException("OpenBLAS has %d threads, not %d".formatted(set, threads));
      }
    }
  }

  @Override
  public Task prepare(Work work) {
    return new Blas((Work.Sgemm) work, Library.WITHOUT_LAPACK.sgemm());
  }
}

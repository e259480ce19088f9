package smalti.bench.peers;

import java.nio.file.Path;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;
import smalti.bench.Implementation;
import smalti.bench.Task;
import smalti.bench.Work;

/// Is OpenBLAS.
public final class OpenBlas implements Implementation {
  private static final class Library {
    static final NativeThreads CALLS =
        new NativeThreads(Path.of(Loader.load(openblas.class)).resolveSibling("libopenblas.so.0"));
  }

  @Override
  public String name() {
    return "openblas";
  }

  @Override
  public String settings() {
    return Library.CALLS.text("openblas_get_config")
        + ", core "
        + Library.CALLS.text("openblas_get_corename")
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
    Library.CALLS.set("openblas_set_num_threads", threads);
  }

  @Override
  public Task prepare(Work work) {
    return new Blas(
        (Work.Sgemm) work,
        (ta, tb, m, n, k, a, lda, b, ldb, c, ldc) ->
            openblas.cblas_sgemm(Blas.ROW_MAJOR, ta, tb, m, n, k, 1, a, lda, b, ldb, 0, c, ldc));
  }
}

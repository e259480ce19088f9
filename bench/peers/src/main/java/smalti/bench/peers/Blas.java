package smalti.bench.peers;

import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import smalti.bench.Task;
import smalti.bench.Work;

/// Multiplies with a C library that has the `cblas` interface, on memory of its own.
final class Blas implements Task {
  /// Is `cblas_sgemm`, row-major.
  interface Sgemm {
    void call(
        int transA,
        int transB,
        int m,
        int n,
        int k,
        FloatPointer a,
        int lda,
        FloatPointer b,
        int ldb,
        FloatPointer c,
        int ldc);
  }

  static final int ROW_MAJOR = 101;
  private static final int PLAIN = 111;
  private static final int TRANSPOSED = 112;

  private final Work.Sgemm work;
  private final Sgemm sgemm;
  private final FloatPointer a;
  private final FloatPointer b;
  private final FloatPointer c;

  Blas(Work.Sgemm work, Sgemm sgemm) {
    this.work = work;
    this.sgemm = sgemm;
    this.a = new FloatPointer(work.a().toFloats());
    this.b = new FloatPointer(work.b().toFloats());
    this.c = new FloatPointer((long) work.m() * work.n());
  }

  @Override
  public void run() {
    sgemm.call(
        work.transA() ? TRANSPOSED : PLAIN,
        work.transB() ? TRANSPOSED : PLAIN,
        work.m(),
        work.n(),
        work.k(),
        a,
        work.transA() ? work.m() : work.k(),
        b,
        work.transB() ? work.k() : work.n(),
        c,
        work.n());
  }

  @Override
  public List<float[]> results() {
    run();
    float[] out = new float[work.m() * work.n()];
    c.get(out);
    return List.of(out);
  }

  @Override
  public void close() {
    a.close();
    b.close();
    c.close();
  }
}

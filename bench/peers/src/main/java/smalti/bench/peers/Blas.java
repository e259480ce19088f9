package smalti.bench.peers;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import smalti.bench.Task;
import smalti.bench.Work;

/// Multiplies with a C library that has the `cblas` interface, on memory of its own.
final class Blas implements Task {
  /// Is `cblas_sgemm`, row-major, `C = A·B`.
  interface Sgemm {
    void call(
        int transA,
        int transB,
        int m,
        int n,
        int k,
        MemorySegment a,
        int lda,
        MemorySegment b,
        int ldb,
        MemorySegment c,
        int ldc);
  }

  private static final int PLAIN = 111;
  private static final int TRANSPOSED = 112;
  private static final int ALIGNMENT = 64;

  private final Work.Sgemm work;
  private final Sgemm sgemm;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment a;
  private final MemorySegment b;
  private final MemorySegment c;

  Blas(Work.Sgemm work, Sgemm sgemm) {
    this.work = work;
    this.sgemm = sgemm;
    this.a = copy(work.a().toFloats());
    this.b = copy(work.b().toFloats());
    this.c = copy(new float[work.m() * work.n()]);
  }

  private MemorySegment copy(float[] numbers) {
    return arena
        .allocate((long) Float.BYTES * numbers.length, ALIGNMENT)
        .copyFrom(MemorySegment.ofArray(numbers));
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
    return List.of(c.toArray(ValueLayout.JAVA_FLOAT));
  }

  @Override
  public void close() {
    arena.close();
  }
}

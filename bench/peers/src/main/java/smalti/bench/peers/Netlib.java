package smalti.bench.peers;

import dev.ludovic.netlib.blas.JavaBLAS;
import java.lang.reflect.Method;
import java.util.List;
import smalti.bench.Implementation;
import smalti.bench.Task;
import smalti.bench.Work;

/// Is netlib's BLAS in Java, on the Vector API; it has one thread.
public final class Netlib implements Implementation {
  private static final double LARGEST = 2.2e9;

  /// Returns the one on the Vector API. `JavaBLAS.getInstance()` is the same where that is on, but
  /// looks for a native BLAS first and says that it uses that.
  private static JavaBLAS vectorBlas() {
    try {
      Method instance =
          Class.forName("dev.ludovic.netlib.blas.VectorBLAS").getDeclaredMethod("getInstance");
      instance.setAccessible(true); // the class is not public
      return (JavaBLAS) instance.invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("netlib's VectorBLAS is not there", e);
    }
  }

  @Override
  public String name() {
    return "netlib";
  }

  @Override
  public String settings() {
    return vectorBlas().getClass().getSimpleName() + ", one thread";
  }

  @Override
  public boolean supports(Work work, int threads) {
    return work instanceof Work.Sgemm w && threads == 1 && w.flops() < LARGEST;
  }

  @Override
  public void threads(int threads) {
    if (threads != 1) {
      throw new IllegalArgumentException("netlib has one thread");
    }
  }

  /// Its matrices are column-major: `Cᵀ = op(B)ᵀ·op(A)ᵀ` gives the same numbers in the same places.
  @Override
  public Task prepare(Work work) {
    Work.Sgemm w = (Work.Sgemm) work;
    JavaBLAS blas = vectorBlas();
    float[] a = w.a().toFloats();
    float[] b = w.b().toFloats();
    float[] c = new float[w.m() * w.n()];
    int lda = w.transA() ? w.m() : w.k();
    int ldb = w.transB() ? w.k() : w.n();
    return new Task() {
      @Override
      public void run() {
        blas.sgemm(
            w.transB() ? "T" : "N",
            w.transA() ? "T" : "N",
            w.n(),
            w.m(),
            w.k(),
            1,
            b,
            ldb,
            a,
            lda,
            0,
            c,
            w.n());
      }

      @Override
      public List<float[]> results() {
        run();
        return List.of(c.clone());
      }
    };
  }
}

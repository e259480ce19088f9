package smalti.bench.peers;

import java.util.List;
import org.ejml.concurrency.EjmlConcurrency;
import org.ejml.data.FMatrixRMaj;
import org.ejml.dense.row.CommonOps_FDRM;
import org.ejml.dense.row.CommonOps_MT_FDRM;
import smalti.bench.Implementation;
import smalti.bench.Task;
import smalti.bench.Work;
import smalti.tensor.Tensor;

/// Is EJML: plain Java loops, one thread or several.
public final class Ejml implements Implementation {
  private static final double LARGEST = 2.2e9;
  private int threads = 1;

  @Override
  public String name() {
    return "ejml";
  }

  @Override
  public String settings() {
    return "EJML 0.46.1, FMatrixRMaj, CommonOps_MT_FDRM on several threads";
  }

  @Override
  public boolean supports(Work work, int threads) {
    return work instanceof Work.Sgemm w && w.flops() < LARGEST;
  }

  @Override
  public void threads(int threads) {
    this.threads = threads;
    EjmlConcurrency.setMaxThreads(threads);
  }

  @Override
  public Task prepare(Work work) {
    Work.Sgemm w = (Work.Sgemm) work;
    FMatrixRMaj a = matrix(w.a());
    FMatrixRMaj b = matrix(w.b());
    FMatrixRMaj c = new FMatrixRMaj(w.m(), w.n());
    return new Task() {
      @Override
      public void run() {
        if (threads == 1) {
          one(w, a, b, c);
        } else {
          several(w, a, b, c);
        }
      }

      @Override
      public List<float[]> results() {
        run();
        return List.of(c.data.clone());
      }
    };
  }

  private static FMatrixRMaj matrix(Tensor x) {
    return FMatrixRMaj.wrap(x.dim(0), x.dim(1), x.toFloats());
  }

  private static void one(Work.Sgemm w, FMatrixRMaj a, FMatrixRMaj b, FMatrixRMaj c) {
    if (w.transA() && w.transB()) {
      CommonOps_FDRM.multTransAB(a, b, c);
    } else if (w.transA()) {
      CommonOps_FDRM.multTransA(a, b, c);
    } else if (w.transB()) {
      CommonOps_FDRM.multTransB(a, b, c);
    } else {
      CommonOps_FDRM.mult(a, b, c);
    }
  }

  private static void several(Work.Sgemm w, FMatrixRMaj a, FMatrixRMaj b, FMatrixRMaj c) {
    if (w.transA() && w.transB()) {
      CommonOps_MT_FDRM.multTransAB(a, b, c);
    } else if (w.transA()) {
      CommonOps_MT_FDRM.multTransA(a, b, c);
    } else if (w.transB()) {
      CommonOps_MT_FDRM.multTransB(a, b, c);
    } else {
      CommonOps_MT_FDRM.mult(a, b, c);
    }
  }
}

package smalti.bench.peers;

import java.util.List;
import org.ojalgo.matrix.store.R032Store;
import smalti.bench.Implementation;
import smalti.bench.Task;
import smalti.bench.Work;
import smalti.tensor.Tensor;

/// Is ojAlgo: plain Java loops on column-major stores. It chooses its threads itself, all cores for
/// large products, so it runs beside ours on all cores only.
public final class OjAlgo implements Implementation {
  private static final double LARGEST = 2.2e9;

  @Override
  public String name() {
    return "ojalgo";
  }

  @Override
  public String settings() {
    return "ojAlgo 57.1.0, R032Store, its own choice of threads";
  }

  @Override
  public boolean supports(Work work, int threads) {
    return work instanceof Work.Sgemm w
        && !w.transA()
        && !w.transB()
        && w.flops() < LARGEST
        && threads == Runtime.getRuntime().availableProcessors();
  }

  @Override
  public void threads(int threads) {
    if (threads != Runtime.getRuntime().availableProcessors()) {
      throw new IllegalArgumentException("ojAlgo uses all cores");
    }
  }

  @Override
  public Task prepare(Work work) {
    Work.Sgemm w = (Work.Sgemm) work;
    R032Store a = store(w.a());
    R032Store b = store(w.b());
    R032Store c = R032Store.FACTORY.make(w.m(), w.n());
    return new Task() {
      @Override
      public void run() {
        c.fillByMultiplying(a, b);
      }

      @Override
      public List<float[]> results() {
        run();
        float[] out = new float[w.m() * w.n()];
        for (int i = 0; i < out.length; i++) {
          out[i] = c.floatValue(i / w.n(), i % w.n());
        }
        return List.of(out);
      }
    };
  }

  private static R032Store store(Tensor x) {
    float[] numbers = x.toFloats();
    R032Store store = R032Store.FACTORY.make(x.dim(0), x.dim(1));
    for (int i = 0; i < numbers.length; i++) {
      store.set((long) (i / x.dim(1)), (long) (i % x.dim(1)), numbers[i]);
    }
    return store;
  }
}

package smalti.bench.peers;

import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import smalti.bench.Task;
import smalti.bench.Work;
import smalti.tensor.Tensor;

/// Does single ops with DJL's libtorch; all but the matrix product through autograd, forward and
/// back.
final class DjlOps {
  private static final Shape ONE = new Shape(1, 1);

  private DjlOps() {}

  /// DJL has no product into a matrix that is there: the result is a new one each time, whose
  /// memory is the one of the last time.
  static Task sgemm(Work.Sgemm w) {
    PtNDArray a = product(w.a(), w.transA()); // (M, K)
    PtNDArray b = product(w.b(), w.transB()); // (K, N)
    return new Task() {
      @Override
      public void run() {
        JniUtils.setGradMode(false);
        JniUtils.matmul(a, b).close();
      }

      @Override
      public List<float[]> results() {
        try (NDScope _ = new NDScope()) {
          JniUtils.setGradMode(false);
          return List.of(Djl.numbers(JniUtils.matmul(a, b)));
        }
      }
    };
  }

  private static PtNDArray product(Tensor x, boolean transposed) {
    PtNDArray copy = Djl.copy(x);
    return transposed ? JniUtils.transpose(copy, 0, 1) : copy;
  }

  static Task conv(Work.Conv w, boolean channelsLast) {
    int padding = (w.kernel() - 1) / 2;
    Shape pad = new Shape(padding, padding);
    List<PtNDArray> inputs =
        List.of(image(w.weight(), channelsLast), Djl.copy(w.bias()), image(w.x(), channelsLast));
    return new BackAndForth(
        in -> JniUtils.convolution(in.get(2), in.get(0), in.get(1), ONE, pad, ONE, 1),
        image(w.gradient(), channelsLast),
        inputs,
        w.hasInputGradient() ? 3 : 2);
  }

  /// Returns a copy (B, C, H, W), the channels of a pixel side by side in memory or not.
  private static PtNDArray image(Tensor x, boolean channelsLast) {
    return channelsLast
        ? JniUtils.permute(Djl.copy(x.transpose(1, 2).transpose(2, 3)), new long[] {0, 3, 1, 2})
        : Djl.copy(x);
  }

  static Task rows(Work.Rows w) {
    PtNDArray x = Djl.copy(w.x());
    return switch (w.kind()) {
      case SOFTMAX ->
          new BackAndForth(
              in -> JniUtils.softmax(in.get(0), 1, DataType.FLOAT32),
              Djl.copy(w.gradient()),
              List.of(x),
              1);
      case GELU ->
          new BackAndForth(in -> JniUtils.gelu(in.get(0)), Djl.copy(w.gradient()), List.of(x), 1);
      case LAYERNORM -> {
        Shape width = new Shape(w.columns());
        yield new BackAndForth(
            in -> JniUtils.layerNorm(in.get(0), width, in.get(1), in.get(2), 1e-5),
            Djl.copy(w.gradient()),
            List.of(x, Djl.copy(w.vector("gain")), Djl.copy(w.vector("bias"))),
            3);
      }
      case XENT -> {
        PtNDArray targets = JniUtils.unsqueeze(Djl.copy(w.targets()), 1); // (rows, 1)
        yield new BackAndForth(
            in -> JniUtils.neg(JniUtils.mean(ofTarget(in.get(0), targets))),
            Djl.copy(Tensor.scalar(1)),
            List.of(x),
            1);
      }
    };
  }

  /// Returns the logarithm of the probability of each row's target: what the cross-entropy of DJL's
  /// library does, as libtorch's own is not to be had there.
  private static PtNDArray ofTarget(PtNDArray logits, PtNDArray targets) {
    return JniUtils.gather(JniUtils.logSoftmax(logits, 1, DataType.FLOAT32), targets, 1);
  }

  /// Computes an op and its gradients, in a scope that frees everything at its end. Leaves are made
  /// anew each time, on the same memory, as the gradient of one that has been used would be added
  /// to.
  ///
  /// @param leaves how many of the inputs, from the first on, want gradients
  private record BackAndForth(
      Function<List<PtNDArray>, PtNDArray> op,
      PtNDArray gradient,
      List<PtNDArray> inputs,
      int leaves)
      implements Task {
    @Override
    public void run() {
      try (NDScope _ = new NDScope()) {
        JniUtils.backward(op.apply(leavesAndRest()), gradient, false, false);
      }
    }

    private List<PtNDArray> leavesAndRest() {
      JniUtils.setGradMode(true);
      List<PtNDArray> all = new ArrayList<>(inputs);
      for (int i = 0; i < leaves; i++) {
        all.set(i, Djl.leaf(inputs.get(i)));
      }
      return all;
    }

    @Override
    public List<float[]> results() {
      try (NDScope _ = new NDScope()) {
        List<PtNDArray> all = leavesAndRest();
        PtNDArray y = op.apply(all);
        JniUtils.backward(y, gradient, false, false);
        List<float[]> results = new ArrayList<>(List.of(Djl.numbers(y)));
        all.subList(0, leaves).forEach(x -> results.add(Djl.numbers(JniUtils.getGradient(x))));
        return results;
      }
    }
  }
}

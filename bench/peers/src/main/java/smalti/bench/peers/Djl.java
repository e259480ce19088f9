package smalti.bench.peers;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import smalti.tensor.DType;
import smalti.tensor.Tensor;

/// Carries numbers to DJL's libtorch and back. It never looks for anything on the network.
final class Djl {
  private static final PtNDManager MEMORY = start();

  private Djl() {}

  private static PtNDManager start() {
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("slf4j.internal.verbosity", "ERROR"); // nothing of it needs a log
    System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
    return (PtNDManager) Engine.getEngine("PyTorch").newBaseManager();
  }

  /// Returns the version of libtorch.
  static String version() {
    return MEMORY.getEngine().getVersion();
  }

  /// Returns what it was built with.
  static String features() {
    return String.join(", ", JniUtils.getFeatures().stream().sorted().toList());
  }

  /// Sets the number of threads, of OpenMP and MKL alike.
  static void setThreads(int threads) {
    if (MEMORY.isOpen()) { // which also starts the engine
      JniUtils.setNumThreads(threads);
    }
    int set = JniUtils.getNumThreads();
    if (set != threads) {
      throw new IllegalStateException("libtorch has %d threads, not %d".formatted(set, threads));
    }
  }

  /// Returns a copy of a tensor of ours in memory of libtorch's own; whole numbers become 64-bit
  /// ones.
  static PtNDArray copy(Tensor x) {
    long[] shape = new long[x.rank()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = x.dim(i);
    }
    try (NDScope _ = new NDScope()) {
      PtNDArray copy =
          x.dtype() == DType.I32
              ? MEMORY
                  .create(IntBuffer.wrap(x.toInts()), new Shape(shape), DataType.INT32)
                  .toType(DataType.INT64, true)
              : (PtNDArray)
                  MEMORY
                      .create(FloatBuffer.wrap(x.toFloats()), new Shape(shape), DataType.FLOAT32)
                      .duplicate();
      NDScope.unregister(copy);
      return copy;
    }
  }

  /// Returns a view that collects gradients and has none yet.
  static PtNDArray leaf(PtNDArray x) {
    PtNDArray leaf = JniUtils.detachGradient(x);
    JniUtils.attachGradient(leaf, true);
    return leaf;
  }

  /// Returns the numbers in row-major order.
  static float[] numbers(PtNDArray x) {
    try (NDScope _ = new NDScope()) {
      return JniUtils.detachGradient(x).toFloatArray();
    }
  }
}

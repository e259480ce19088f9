package smalti.tensor.simd;

import org.jspecify.annotations.Nullable;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.UnaryOp;
import smalti.tensor.plain.ElementLoops;

/// Is where the results of a convolution go, and what is done with each as soon as a run of them is
/// there: while it is in the cache, where a pass of its own would fetch it from memory again.
///
/// @param tensor (B, O, H′, W′), contiguous
/// @param array its numbers
/// @param at where they begin
/// @param finish is done with every number once
record ConvResult(Tensor tensor, float[] array, int at, Finish finish) {
  private static final ElementLoops LOOPS = new SimdElementLoops();

  /// Is done in place with results that are complete.
  @FunctionalInterface
  interface Finish {
    /// Does the `n` numbers from the tensor's `i`-th.
    void run(int i, int n);
  }

  private static ConvResult of(Tensor out, Finish finish) {
    return new ConvResult(out, data(out), at(out), finish);
  }

  /// Returns results as they are.
  static ConvResult of(Tensor out) {
    return of(out, (i, n) -> {});
  }

  /// Returns the relu of results.
  static ConvResult relu(Tensor out) {
    float[] o = data(out);
    int at = at(out);
    return of(out, (i, n) -> LOOPS.unary(UnaryOp.RELU, o, at + i, o, at + i, n));
  }

  /// Returns results plus those of another tensor.
  static ConvResult plus(Tensor addend, Tensor out) {
    float[] o = data(out);
    int at = at(out);
    float[] more = data(addend);
    int moreAt = at(addend);
    return of(out, (i, n) -> LOOPS.binary(BinaryOp.ADD, o, at + i, more, moreAt + i, o, at + i, n));
  }

  /// Returns results where `y`, what a relu made, is above 0, and 0 elsewhere; plus another tensor.
  static ConvResult reluGrad(Tensor y, @Nullable Tensor addend, Tensor out) {
    float[] o = data(out);
    int at = at(out);
    float[] ys = data(y);
    int yAt = at(y);
    Finish plus = addend == null ? (i, n) -> {} : plus(addend, out).finish;
    return of(
        out,
        (i, n) -> {
          LOOPS.unaryGrad(UnaryOp.RELU, ys, yAt + i, ys, yAt + i, o, at + i, o, at + i, n);
          plus.run(i, n);
        });
  }

  private static float[] data(Tensor t) {
    return ((Storage.F32) t.storage()).array();
  }

  private static int at(Tensor t) {
    return t.layout().offset();
  }
}

package smalti.tensor.backend;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import smalti.tensor.AttentionPattern;
import smalti.tensor.DType;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;
import smalti.tensor.memory.Outputs;
import smalti.tensor.memory.Recycler;

/// Is the set of kernels that computes everything. Each kernel writes into the outputs it is given
/// (last in the argument list unless said otherwise) and checks nothing but `assert`s: public
/// operations check shapes and dtypes first.
///
/// Layouts: [#copy], [#unary], [#binary], [#where], [#reduce] and [#matmul] take inputs of any
/// strides (0 where expanded); [#attention] takes any strides but 1 along the last axis; all others
/// take contiguous inputs. Outputs are contiguous except in [#copy] and [#attention] and its
/// gradient, whose outputs may be views. All floating-point tensors of one call have one dtype;
/// indices are I32. An output never overlaps an input unless a kernel says that it may.
public interface Backend {

  /// Returns the backend's name, e.g. `simd`.
  String name();

  // ---- memory and steps, for backends of other devices ----

  /// Returns the storage of a new tensor, full of zeros. A backend of another device keeps it
  /// there.
  default Storage allocate(DType dtype, int length) {
    return Storage.allocate(dtype, length);
  }

  /// Returns the storage of a new tensor that a kernel writes all of, full of whatever is there.
  default Storage output(DType dtype, int length) {
    return Outputs.storage(dtype, length);
  }

  /// Runs one of many equal steps, such as an update of a training, and returns its results as
  /// tensors of the host.
  ///
  /// Tensors made in a step are not used after it, but for its results: their arrays are lent to
  /// the next one. It may change those made before. A device may record what the step does and run
  /// it as a whole when it is over ([#recordsSteps]).
  default List<Tensor> step(Supplier<List<Tensor>> body) {
    return Recycler.step(body);
  }

  /// Returns whether a step is run when it is over, and so may not read numbers of its own tensors.
  default boolean recordsSteps() {
    return false;
  }

  /// Runs something that is done once in a while, and returns its results. On the host it is a
  /// step, whose other tensors lend their arrays to the next one; a device would compile it for
  /// nothing, so there it is run op by op.
  default List<Tensor> passing(Supplier<List<Tensor>> body) {
    return recordsSteps() ? body.get() : step(body);
  }

  /// Returns what measures the device; empty where kernels run on the CPU.
  default Optional<DeviceMeter> meter() {
    return Optional.empty();
  }

  // ---- elementwise ----

  /// Sets every element of `out`, which may be a view.
  void fill(double value, Tensor out);

  /// Copies and converts `x` to `out` of the same shape; both may be views.
  void copy(Tensor x, Tensor out);

  /// Computes `out = op(x)`; `out` may be `x` itself.
  void unary(UnaryOp op, Tensor x, Tensor out);

  /// Computes `dx = dOut · op′(x)` from `x` and `y = op(x)`, all contiguous.
  void unaryGrad(UnaryOp op, Tensor x, Tensor y, Tensor dOut, Tensor dx);

  /// Computes `out = op(a, b)`, both expanded to the shape of `out`; `out` may be `a` or `b`.
  void binary(BinaryOp op, Tensor a, Tensor b, Tensor out);

  /// Computes the gradient of one argument before it is summed over broadcast axes: `dx = dOut ·
  /// ∂op/∂a` or `∂op/∂b`; `a` and `b` expanded to the shape of `dOut`.
  ///
  /// @param first whether the gradient is that of `a`
  void binaryGrad(BinaryOp op, boolean first, Tensor a, Tensor b, Tensor dOut, Tensor dx);

  /// Computes `out = condition ≠ 0 ? a : b`, all expanded to the shape of `out`; the condition has
  /// any dtype.
  void where(Tensor condition, Tensor a, Tensor b, Tensor out);

  /// Computes `y = alpha·x + beta·y` in place, contiguous; `beta = 0` overwrites.
  void axpby(double alpha, Tensor x, double beta, Tensor y);

  // ---- reductions ----

  /// Reduces `x` to `out`, which has the rank of `x` and size 1 along the reduced axes.
  void reduce(ReduceOp op, Tensor x, Tensor out);

  /// Writes the index of the first largest element of each row (last axis) of `x` to the I32 `out`;
  /// NaN counts as largest.
  void argmax(Tensor x, Tensor out);

  // ---- matrix product ----

  /// Computes `out[…, i, j] = Σₖ a[…, i, k]·b[…, k, j]`, or adds that to `out`. The leading axes of
  /// `a` and `b` are expanded to those of `out`; transposed matrices are views.
  void matmul(Tensor a, Tensor b, boolean accumulate, Tensor out);

  /// Computes `out = a·b + bias`: a product of matrices (M, K) and (K, N) of any strides, and a
  /// bias (N) that is added to each row, or null. One pass over `out` where a backend can.
  default void addmm(@Nullable Tensor bias, Tensor a, Tensor b, Tensor out) {
    matmul(a, b, false, out);
    if (bias != null) {
      addBias(bias, out);
    }
  }

  /// Computes [#addmm] and `y = function(out)` of each number, which a backend can do block by
  /// block while the block is in the cache.
  default void addmmActivation(
      @Nullable Tensor bias, Tensor a, Tensor b, UnaryOp function, Tensor out, Tensor y) {
    addmm(bias, a, b, out);
    unary(function, out, y);
  }

  /// Returns what multiplies by `b` (K, N), which stays the same meanwhile: the same numbers as
  /// [#addmm], perhaps faster.
  default FixedFactor fixedFactor(Tensor b) {
    return (a, bias, out) -> addmm(bias, a, b, out);
  }

  /// Adds `bias` (N) to each row of `y` (…, N), in place.
  void addBias(Tensor bias, Tensor y);

  // ---- convolution and its neighbours, NCHW ----

  /// Computes the cross-correlation of `x` (B, C, H, W) with `weight` (O, C, KH, KW) plus `bias`
  /// (O) into `out` (B, O, H′, W′), `H′ = (H + 2·padding − KH)/stride + 1`.
  void conv2d(Tensor x, Tensor weight, @Nullable Tensor bias, int stride, int padding, Tensor out);

  /// Computes the relu of each number of [#conv2d], in one pass where a backend can.
  default void conv2dRelu(
      Tensor x, Tensor weight, @Nullable Tensor bias, int stride, int padding, Tensor out) {
    conv2d(x, weight, bias, stride, padding, out);
    unary(UnaryOp.RELU, out, out);
  }

  /// Computes [#conv2d] plus `addend`, of the result's shape, in one pass where a backend can.
  default void conv2dAdd(
      Tensor x,
      Tensor weight,
      @Nullable Tensor bias,
      int stride,
      int padding,
      Tensor addend,
      Tensor out) {
    conv2d(x, weight, bias, stride, padding, out);
    binary(BinaryOp.ADD, out, addend, out);
  }

  /// Computes the gradient of [#conv2d] with respect to its input.
  void conv2dGradInput(Tensor dOut, Tensor weight, int stride, int padding, Tensor dx);

  /// Computes the gradient of a convolution with respect to what its input is the relu of, plus
  /// `addend` if there is one: [#conv2dGradInput] where `y > 0` and 0 elsewhere. In one pass where
  /// a backend can.
  ///
  /// @param y the convolution's input, a relu's result
  /// @param addend of the shape of `y`, or null
  default void conv2dReluGradInput(
      Tensor dOut,
      Tensor weight,
      int stride,
      int padding,
      Tensor y,
      @Nullable Tensor addend,
      Tensor dx) {
    Tensor dy = Outputs.like(dx);
    conv2dGradInput(dOut, weight, stride, padding, dy);
    unaryGrad(UnaryOp.RELU, y, y, dy, dx);
    Recycler.release(dy);
    if (addend != null) {
      binary(BinaryOp.ADD, dx, addend, dx);
    }
  }

  /// Computes the gradient of [#conv2d] with respect to its weight.
  void conv2dGradWeight(Tensor x, Tensor dOut, int stride, int padding, Tensor dWeight);

  /// Takes the maximum of each `kernel × kernel` block (stride = kernel, no padding, remainders
  /// dropped); NaN wins.
  void maxPool2d(Tensor x, int kernel, Tensor out);

  /// Sends each gradient to the first largest element of its block.
  void maxPool2dGrad(Tensor x, Tensor dOut, int kernel, Tensor dx);

  /// Takes the mean of each `kernel × kernel` block (stride = kernel, remainders dropped).
  void avgPool2d(Tensor x, int kernel, Tensor out);

  /// Spreads each gradient evenly over its block.
  void avgPool2dGrad(Tensor dOut, int kernel, Tensor dx);

  /// Repeats each pixel `scale × scale` times.
  void upsampleNearest2d(Tensor x, int scale, Tensor out);

  /// Sums the gradient over each `scale × scale` block.
  void upsampleNearest2dGrad(Tensor dOut, int scale, Tensor dx);

  // ---- rows: normalisation, softmax, loss ----

  /// Computes the softmax of each row (last axis).
  void softmax(Tensor x, Tensor out);

  /// Computes `dx = y·(dOut − Σ y·dOut)` for each row.
  void softmaxGrad(Tensor y, Tensor dOut, Tensor dx);

  /// Computes the logarithm of the softmax of each row.
  void logSoftmax(Tensor x, Tensor out);

  /// Computes `dx = dOut − eʸ·Σ dOut` for each row.
  void logSoftmaxGrad(Tensor y, Tensor dOut, Tensor dx);

  /// Normalises each row of `x` (…, C) to mean 0 and variance 1, then scales by `weight` and adds
  /// `bias` (C). Saves each row's mean and reciprocal standard deviation (rows).
  void layerNorm(
      Tensor x, Tensor weight, Tensor bias, double eps, Tensor out, Tensor mean, Tensor rstd);

  /// Computes the three gradients of [#layerNorm].
  void layerNormGrad(
      Tensor x,
      Tensor weight,
      Tensor mean,
      Tensor rstd,
      Tensor dOut,
      Tensor dx,
      Tensor dWeight,
      Tensor dBias);

  /// Computes each row's loss `−ln softmax(logits)[target]` and saves `ln Σ eˡ` of each row. A row
  /// whose target is negative is ignored: its loss is 0.
  ///
  /// @param logits (rows, N)
  /// @param targets I32 (rows)
  /// @param loss (rows)
  /// @param lse (rows)
  void crossEntropy(Tensor logits, Tensor targets, Tensor loss, Tensor lse);

  /// Computes `dx = (softmax(logits) − onehot(target))·dLoss` for each row; 0 for ignored rows.
  void crossEntropyGrad(Tensor logits, Tensor targets, Tensor lse, Tensor dLoss, Tensor dx);

  // ---- indices ----

  /// Copies row `ids[i]` of `weight` (N, C) to row `i` of `out` (ids…, C).
  void embedding(Tensor weight, Tensor ids, Tensor out);

  /// Sums row `i` of `dOut` into row `ids[i]` of `dWeight`, which it zeroes first; in the order of
  /// `i`.
  void embeddingGrad(Tensor ids, Tensor dOut, Tensor dWeight);

  /// Computes `out[…, i] = x[…, index[…, i]]` along the last axis.
  void gather(Tensor x, Tensor index, Tensor out);

  /// Sums `dOut[…, i]` into `dx[…, index[…, i]]`, zeroing `dx` first.
  void gatherGrad(Tensor index, Tensor dOut, Tensor dx);

  // ---- attention ----

  /// Computes `softmax(scale·q·kᵀ + mask)·v` per head, with the mask of a pattern.
  ///
  /// @param q (B, H, T, D)
  /// @param k (B, H, S, D)
  /// @param v (B, H, S, D)
  /// @param queryOffset position of the first query: query row `i` stands at `queryOffset + i`.
  ///   Every query must see at least one key
  /// @param out (B, H, T, D)
  /// @param lse (B, H, T), contiguous: the logarithm of each softmax's denominator
  void attention(
      Tensor q,
      Tensor k,
      Tensor v,
      AttentionPattern pattern,
      double scale,
      int queryOffset,
      Tensor out,
      Tensor lse);

  /// Computes the three gradients of [#attention] with query offset 0.
  void attentionGrad(
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor out,
      Tensor lse,
      Tensor dOut,
      AttentionPattern pattern,
      double scale,
      Tensor dq,
      Tensor dk,
      Tensor dv);

  /// Attends from one query of each head to all keys of some tensors, and joins that with what
  /// attending to other keys gave: together one softmax over all keys.
  ///
  /// @param q (B, H, 1, D)
  /// @param keys (B, H, S, D) each, one at least and none of them empty
  /// @param values the same shapes
  /// @param others null if there are no other keys
  /// @param out (B, H, 1, D)
  default void attentionStep(
      Tensor q,
      List<Tensor> keys,
      List<Tensor> values,
      double scale,
      @Nullable AttentionPart others,
      Tensor out) {
    AttentionPart.step(this, q, keys, values, scale, others, out);
  }

  // ---- random numbers ----

  /// Fills `out` with numbers of the open interval (0, 1): element `i` is word `i mod 4` of the
  /// Philox block of counter `i / 4`, by [smalti.tensor.Philox#toOpenUnitFloat].
  void uniform(long key, Tensor out);

  /// Fills `out` with standard normal numbers: elements `2j` and `2j + 1` are the cosine and sine
  /// parts of Box–Muller from the uniform numbers `2j` and `2j + 1` of the same key.
  void normal(long key, Tensor out);

  /// Computes `out = keep ? x/(1 − p) : 0`, where element `i` is kept if uniform number `i` of the
  /// key is at least `p`. It is its own gradient.
  void dropout(Tensor x, long key, double p, Tensor out);

  // ---- optimiser ----

  /// Does one Adam step in place on `param`, `m` and `v` (Kingma and Ba 2015), with weight decay
  /// decoupled as in AdamW (Loshchilov and Hutter 2019): `param −= lr·decay·param` first, then
  /// `param −= lr·m̂/(√v̂ + eps)`.
  ///
  /// @param step the number of this step, from 1, for bias correction
  void adamStep(
      Tensor param,
      Tensor grad,
      double lr,
      double beta1,
      double beta2,
      double eps,
      double decay,
      long step,
      Tensor m,
      Tensor v);
}

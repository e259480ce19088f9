package smalti.autograd;

import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.autograd.op.Attention;
import smalti.autograd.op.AvgPool2d;
import smalti.autograd.op.Binary;
import smalti.autograd.op.Cat;
import smalti.autograd.op.Conv2d;
import smalti.autograd.op.CrossEntropy;
import smalti.autograd.op.Dropout;
import smalti.autograd.op.Embedding;
import smalti.autograd.op.Expand;
import smalti.autograd.op.Gather;
import smalti.autograd.op.LayerNorm;
import smalti.autograd.op.Linear;
import smalti.autograd.op.LogSoftmax;
import smalti.autograd.op.MatMul;
import smalti.autograd.op.MaxPool2d;
import smalti.autograd.op.Op;
import smalti.autograd.op.Pad;
import smalti.autograd.op.Permute;
import smalti.autograd.op.Reduce;
import smalti.autograd.op.ReluConv2dChain;
import smalti.autograd.op.Reshape;
import smalti.autograd.op.SelfAttention;
import smalti.autograd.op.Slice;
import smalti.autograd.op.Softmax;
import smalti.autograd.op.Unary;
import smalti.autograd.op.UpsampleNearest2d;
import smalti.autograd.op.Where;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.ReduceOp;
import smalti.tensor.backend.UnaryOp;

/// Is a tensor that takes part in differentiation: a constant, a leaf whose gradient is wanted, or
/// the result of an op. All methods but the accessors are one-line applications of an op of
/// [smalti.autograd.op], where shape rule and gradient are found; elementwise functions are in
/// [Elementwise].
public non-sealed class Variable implements Elementwise {
  private final Tensor value;
  private final @Nullable Node node;

  Variable(Tensor value, Node node) {
    this.value = value;
    this.node = node;
  }

  /// Makes a leaf or a constant.
  ///
  /// @param requiresGrad whether its gradient is wanted
  /// @throws IllegalArgumentException if a gradient is wanted of integers
  @SuppressWarnings("this-escape") // the node only remembers whose it is
  protected Variable(Tensor value, boolean requiresGrad) {
    if (requiresGrad && !value.dtype().isFloating()) {
      throw new IllegalArgumentException(
          "leaf: gradients need floating-point numbers; got " + value.dtype());
    }
    this.value = value;
    this.node = requiresGrad ? new Node.Leaf(this) : null;
  }

  /// Returns a constant.
  public static Variable of(Tensor value) {
    return new Variable(value, false);
  }

  /// Returns a leaf whose gradient [Autograd#backward] returns.
  public static Variable leaf(Tensor value) {
    return new Variable(value, true);
  }

  @Override
  public Tensor value() {
    return value;
  }

  /// Returns the shape.
  public Shape shape() {
    return value.shape();
  }

  /// Returns the size of an axis; negative axes count from the end.
  public int dim(int axis) {
    return value.dim(axis);
  }

  /// Returns the only element's value.
  public double item() {
    return value.item();
  }

  /// Returns whether gradients flow to or through this variable.
  public boolean requiresGrad() {
    return node != null;
  }

  /// Returns the same numbers as a constant.
  public Variable detach() {
    return of(value);
  }

  @Nullable Node node() {
    return node;
  }

  private Variable apply(Op op, Variable... others) {
    Variable[] inputs = new Variable[others.length + 1];
    inputs[0] = this;
    System.arraycopy(others, 0, inputs, 1, others.length);
    return Autograd.apply(op, inputs);
  }

  @Override
  public Variable unary(UnaryOp function) {
    return apply(new Unary(function));
  }

  @Override
  public Variable binary(BinaryOp function, Variable b) {
    return apply(new Binary(function), b);
  }

  // ---- choosing ----

  /// Returns `condition ≠ 0 ? a : b`, all three broadcast to a common shape.
  public static Variable where(Tensor condition, Variable a, Variable b) {
    return of(condition).apply(new Where(), a, b);
  }

  /// Returns this variable with `value` where `mask ≠ 0`.
  public Variable maskedFill(Tensor mask, double value) {
    return where(mask, of(Tensor.full(Shape.SCALAR, value, this.value.dtype())), this);
  }

  // ---- reductions: over the named axes, or all if none is named ----

  /// Returns the sum over axes, which disappear.
  public Variable sum(int... axes) {
    return apply(Reduce.of(ReduceOp.SUM, false, axes));
  }

  /// Returns the sum over axes, which stay with size 1.
  public Variable sumKeep(int... axes) {
    return apply(Reduce.of(ReduceOp.SUM, true, axes));
  }

  /// Returns the mean over axes, which disappear.
  public Variable mean(int... axes) {
    return sum(axes).mul(1 / Reduce.count(shape(), axes));
  }

  /// Returns the mean over axes, which stay with size 1.
  public Variable meanKeep(int... axes) {
    return sumKeep(axes).mul(1 / Reduce.count(shape(), axes));
  }

  /// Returns the maximum over axes, which disappear; ties share the gradient evenly.
  public Variable max(int... axes) {
    return apply(Reduce.of(ReduceOp.MAX, false, axes));
  }

  /// Returns the minimum over axes, which disappear; ties share the gradient evenly.
  public Variable min(int... axes) {
    return apply(Reduce.of(ReduceOp.MIN, false, axes));
  }

  // ---- shapes ----

  /// Returns the same elements, in the same order, under a new shape; one size may be −1.
  public Variable reshape(int... sizes) {
    return apply(Reshape.of(sizes));
  }

  /// Returns the same elements, in the same order, under a new shape.
  public Variable reshape(Shape shape) {
    return reshape(shape.toArray());
  }

  /// Returns the axes in a new order: axis `i` of the result is axis `axes[i]` here.
  public Variable permute(int... axes) {
    return apply(Permute.of(axes));
  }

  /// Returns two axes exchanged.
  public Variable transpose(int a, int b) {
    return apply(Permute.swap(shape(), a, b));
  }

  /// Returns the part from `start` (inclusive) to `end` (exclusive) of an axis.
  public Variable slice(int axis, int start, int end) {
    return apply(new Slice(axis, start, end));
  }

  /// Returns one index of an axis, without that axis.
  public Variable select(int axis, int index) {
    return slice(axis, index, index + 1).reshape(shape().without(axis));
  }

  /// Returns this variable broadcast to a larger shape.
  public Variable expand(Shape shape) {
    return apply(new Expand(shape));
  }

  /// Returns variables joined along an axis.
  public static Variable cat(List<Variable> parts, int axis) {
    return Autograd.apply(new Cat(axis), parts.toArray(Variable[]::new));
  }

  /// Returns variables of one shape joined along a new axis.
  public static Variable stack(List<Variable> parts, int axis) {
    return cat(parts.stream().map(p -> p.reshape(Cat.stacked(p.shape(), axis))).toList(), axis);
  }

  /// Returns this variable with zeros before and after it along an axis.
  public Variable pad(int axis, int before, int after) {
    return apply(new Pad(axis, before, after));
  }

  // ---- products ----

  /// Returns the matrix product over the last two axes; leading axes broadcast.
  public Variable matmul(Variable b) {
    return apply(new MatMul(), b);
  }

  /// Returns `this · weightᵀ + bias` for rows of this variable.
  ///
  /// @param weight (O, I)
  /// @param bias (O)
  public Variable linear(Variable weight, @Nullable Variable bias) {
    return linear(weight, bias, null);
  }

  /// Returns a function of each number of [#linear], computed in the same pass.
  ///
  /// @param weight (O, I)
  /// @param bias (O)
  /// @param activation the function; null for none
  public Variable linear(Variable weight, @Nullable Variable bias, @Nullable UnaryOp activation) {
    Linear op = new Linear(activation);
    return bias == null ? apply(op, weight) : apply(op, weight, bias);
  }

  /// Returns scaled dot-product attention with this variable as queries.
  ///
  /// @param k keys (B, H, S, D)
  /// @param v values (B, H, S, D)
  public Variable attention(Variable k, Variable v, AttentionPattern pattern, double scale) {
    return apply(new Attention(pattern, scale), k, v); // (B, H, T, D)
  }

  /// Returns the attention of a sequence to itself: (B, T, 3C), queries, keys and values side by
  /// side, to (B, T, C).
  public Variable selfAttention(int heads, AttentionPattern pattern, double scale) {
    return apply(new SelfAttention(heads, pattern, scale));
  }

  // ---- images (B, C, H, W) ----

  /// Returns the cross-correlation with `weight` (O, C, KH, KW) plus `bias` (O).
  public Variable conv2d(Variable weight, @Nullable Variable bias, int stride, int padding) {
    Conv2d op = new Conv2d(stride, padding);
    return bias == null ? apply(op, weight) : apply(op, weight, bias);
  }

  /// Returns what convolutions make of these images, each after a relu, with strides of 1 and sizes
  /// kept: [ReluConv2dChain].
  ///
  /// @param residual whether the images are added to it
  /// @param parameters weight (O, I, KH, KW) and bias (O) of each convolution, in turn
  public Variable reluConv2dChain(boolean residual, List<Variable> parameters) {
    return apply(new ReluConv2dChain(residual), parameters.toArray(Variable[]::new));
  }

  /// Returns the maximum of each `kernel × kernel` block.
  public Variable maxPool2d(int kernel) {
    return apply(new MaxPool2d(kernel));
  }

  /// Returns the mean of each `kernel × kernel` block.
  public Variable avgPool2d(int kernel) {
    return apply(new AvgPool2d(kernel));
  }

  /// Returns each pixel repeated `scale × scale` times.
  public Variable upsampleNearest2d(int scale) {
    return apply(new UpsampleNearest2d(scale));
  }

  // ---- rows ----

  /// Returns the softmax along an axis.
  public Variable softmax(int axis) {
    return alongLast(new Softmax(), axis);
  }

  /// Returns the logarithm of the softmax along an axis.
  public Variable logSoftmax(int axis) {
    return alongLast(new LogSoftmax(), axis);
  }

  private Variable alongLast(Op op, int axis) {
    return shape().axis(axis) == shape().rank() - 1
        ? apply(op)
        : transpose(axis, -1).apply(op).transpose(axis, -1);
  }

  /// Returns rows normalised to mean 0 and variance 1, scaled by `weight` and shifted by `bias`
  /// (C).
  public Variable layerNorm(Variable weight, Variable bias, double eps) {
    return apply(new LayerNorm(eps), weight, bias);
  }

  /// Returns the rows of this table (N, C) that I32 `ids` name: (ids…, C).
  public Variable embedding(Tensor ids) {
    return apply(new Embedding(), of(ids));
  }

  /// Returns the elements that I32 `index` names along the last axis.
  public Variable gather(Tensor index) {
    return apply(new Gather(), of(index));
  }

  /// Returns each row's loss `−ln softmax(this)[target]`; negative targets are ignored (loss 0).
  ///
  /// @param targets I32 (rows), for logits (rows, N)
  public Variable crossEntropy(Tensor targets) {
    return apply(new CrossEntropy(), of(targets));
  }

  /// Returns elements set to 0 with probability `p`, the others divided by `1 − p`.
  public Variable dropout(double p, Random random) {
    return p == 0 ? this : apply(new Dropout(p, random.drawKey()));
  }

  /// Returns the tensor's text, with a note whether a gradient is wanted.
  @Override
  public String toString() {
    return requiresGrad() ? value + " (requires grad)" : value.toString();
  }
}

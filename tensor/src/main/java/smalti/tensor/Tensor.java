package smalti.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import smalti.tensor.backend.Backends;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.ReduceOp;
import smalti.tensor.backend.UnaryOp;
import smalti.tensor.memory.Outputs;

/// Is an n-dimensional array of numbers: a [Storage] seen through a [Layout].
///
/// Tensors are immutable to their users; operations return new tensors, and views ([#reshape],
/// [#permute], [#slice], [#expand]) share storage. Only optimisers and kernels write in place.
/// Binary operations broadcast as NumPy's do; two dtypes never mix.
public final class Tensor {
  private final Storage storage;
  private final Layout layout;

  /// Makes a tensor over an existing storage, which is not copied.
  public Tensor(Storage storage, Layout layout) {
    this.storage = storage;
    this.layout = layout;
  }

  // ---- making tensors ----

  /// Returns an F32 tensor of these numbers, which are not copied.
  ///
  /// @throws ShapeException if the array's length is not the shape's element count
  public static Tensor of(float[] data, int... shape) {
    return new Tensor(new Storage.F32(data), sized(data.length, shape));
  }

  /// Returns an F64 tensor of these numbers, which are not copied.
  ///
  /// @throws ShapeException if the array's length is not the shape's element count
  public static Tensor of(double[] data, int... shape) {
    return new Tensor(new Storage.F64(data), sized(data.length, shape));
  }

  /// Returns an I32 tensor of these numbers, which are not copied.
  ///
  /// @throws ShapeException if the array's length is not the shape's element count
  public static Tensor of(int[] data, int... shape) {
    return new Tensor(new Storage.I32(data), sized(data.length, shape));
  }

  private static Layout sized(int length, int[] sizes) {
    Shape shape = Shape.of(sizes);
    if (shape.elements() != length) {
      throw ShapeException.of("of: %d numbers do not fill shape %s", length, shape);
    }
    return Layout.contiguous(shape);
  }

  /// Returns an F32 scalar.
  public static Tensor scalar(double value) {
    return full(Shape.SCALAR, value, DType.F32);
  }

  /// Returns an F32 tensor of zeros.
  public static Tensor zeros(int... shape) {
    return zeros(Shape.of(shape), DType.F32);
  }

  /// Returns a tensor of zeros.
  public static Tensor zeros(Shape shape, DType dtype) {
    return Views.zeros(shape, dtype);
  }

  /// Returns an F32 tensor of ones.
  public static Tensor ones(int... shape) {
    return full(Shape.of(shape), 1, DType.F32);
  }

  /// Returns a tensor with every element equal to `value`.
  public static Tensor full(Shape shape, double value, DType dtype) {
    Tensor out = zeros(shape, dtype);
    Backends.current().fill(value, out);
    return out;
  }

  /// Returns the I32 tensor `0, 1, …, n − 1`.
  public static Tensor arange(int n) {
    return of(IntStream.range(0, n).toArray(), n);
  }

  /// Returns a tensor of zeros with this one's shape and dtype.
  public Tensor zerosLike() {
    return zeros(shape(), dtype());
  }

  // ---- reading ----

  /// Returns the shape.
  public Shape shape() {
    return layout.shape();
  }

  /// Returns the size of an axis; negative axes count from the end.
  public int dim(int axis) {
    return layout.shape().dim(axis);
  }

  /// Returns the number of axes.
  public int rank() {
    return layout.shape().rank();
  }

  /// Returns the number of elements.
  public int elements() {
    return layout.shape().elements();
  }

  /// Returns the kind of numbers.
  public DType dtype() {
    return storage.dtype();
  }

  /// Returns the storage, for kernels.
  public Storage storage() {
    return storage;
  }

  /// Returns the layout, for kernels.
  public Layout layout() {
    return layout;
  }

  /// Returns whether the elements lie densely in row-major order.
  public boolean isContiguous() {
    return layout.isContiguous();
  }

  /// Returns one element.
  ///
  /// @throws IndexOutOfBoundsException if an index is outside its axis
  public double get(int... index) {
    return storage.get(layout.at(index));
  }

  /// Returns the only element.
  ///
  /// @throws ShapeException if there is not exactly one
  public double item() {
    if (elements() != 1) {
      throw ShapeException.of("item: needs exactly one element; shape is %s", shape());
    }
    return storage.get(layout.offset());
  }

  /// Returns all elements in row-major order as a new array.
  ///
  /// @throws IllegalStateException if the dtype is I32
  public float[] toFloats() {
    return Contents.floats(this);
  }

  /// Returns all elements in row-major order as doubles, whatever the dtype.
  public double[] toDoubles() {
    return Contents.doubles(this);
  }

  /// Returns all elements of an I32 tensor in row-major order as a new array.
  ///
  /// @throws IllegalStateException if the dtype is not I32
  public int[] toInts() {
    return Contents.ints(this);
  }

  // ---- views ----

  /// Returns the same elements, in the same order, under a new shape; one size may be −1 and is
  /// inferred. A view where strides allow it, otherwise a copy.
  ///
  /// @throws ShapeException if the element counts differ
  public Tensor reshape(int... sizes) {
    return reshape(Views.inferred(shape(), sizes));
  }

  /// Returns the same elements, in the same order, under a new shape.
  ///
  /// @throws ShapeException if the element counts differ
  public Tensor reshape(Shape shape) {
    Layout view = layout.reshape(shape);
    return view != null
        ? new Tensor(storage, view)
        : new Tensor(contiguous().storage, Layout.contiguous(shape));
  }

  /// Returns the view with axes in a new order: axis `i` of the result is axis `axes[i]` here.
  public Tensor permute(int... axes) {
    return new Tensor(storage, layout.permute(axes));
  }

  /// Returns the view with two axes exchanged.
  public Tensor transpose(int a, int b) {
    int[] axes = new int[rank()];
    Arrays.setAll(axes, i -> i);
    axes[shape().axis(a)] = shape().axis(b);
    axes[shape().axis(b)] = shape().axis(a);
    return permute(axes);
  }

  /// Returns the view of the part from `start` (inclusive) to `end` (exclusive) of an axis.
  public Tensor slice(int axis, int start, int end) {
    return new Tensor(storage, layout.slice(axis, start, end));
  }

  /// Returns the view of one index of an axis, without that axis.
  public Tensor select(int axis, int index) {
    int a = shape().axis(axis);
    if (index < 0 || index >= dim(a)) {
      throw ShapeException.of("select: %d is outside axis %d of shape %s", index, a, shape());
    }
    return slice(a, index, index + 1).reshape(shape().without(a));
  }

  /// Returns the view broadcast to a larger shape.
  public Tensor expand(Shape shape) {
    return new Tensor(storage, layout.expand(shape));
  }

  /// Returns the tensor itself if it is contiguous, otherwise a dense copy.
  public Tensor contiguous() {
    return isContiguous() ? this : copy();
  }

  /// Returns a dense copy with a storage of its own.
  public Tensor copy() {
    Tensor out = Outputs.like(this);
    Backends.current().copy(this, out);
    return out;
  }

  /// Returns the tensor converted to a dtype; itself if it has that dtype already.
  public Tensor to(DType dtype) {
    if (dtype == dtype()) {
      return this;
    }
    Tensor out = zeros(shape(), dtype);
    Backends.current().copy(this, out);
    return out;
  }

  // ---- arithmetic ----

  /// Returns an elementwise function of the tensor.
  public Tensor unary(UnaryOp op) {
    Views.requireFloating(op.name(), this);
    Tensor out = Outputs.like(this);
    Backends.current().unary(op, this, out);
    return out;
  }

  /// Returns an elementwise function of two tensors, broadcast to a common shape.
  ///
  /// @throws ShapeException if they cannot be broadcast
  /// @throws IllegalArgumentException if the dtypes differ
  public Tensor binary(BinaryOp op, Tensor b) {
    Views.requireSame(op.name(), this, b);
    Shape shape = Shape.broadcast(op.name(), shape(), b.shape());
    Tensor out = Outputs.of(shape, dtype());
    Backends.current().binary(op, expand(shape), b.expand(shape), out);
    return out;
  }

  /// Returns `this + b`.
  public Tensor add(Tensor b) {
    return binary(BinaryOp.ADD, b);
  }

  /// Returns `this − b`.
  public Tensor sub(Tensor b) {
    return binary(BinaryOp.SUB, b);
  }

  /// Returns `this · b`, elementwise.
  public Tensor mul(Tensor b) {
    return binary(BinaryOp.MUL, b);
  }

  /// Returns `this / b`, elementwise.
  public Tensor div(Tensor b) {
    return binary(BinaryOp.DIV, b);
  }

  /// Returns `this + b`.
  public Tensor add(double b) {
    return add(number("add", b));
  }

  /// Returns `this − b`.
  public Tensor sub(double b) {
    return add(-b);
  }

  /// Returns `this · b`.
  public Tensor mul(double b) {
    return mul(number("mul", b));
  }

  /// Returns `this / b`.
  public Tensor div(double b) {
    return div(number("div", b));
  }

  /// Returns a scalar of this tensor's dtype.
  private Tensor number(String op, double value) {
    if (dtype() == DType.I32 && value != (int) value) {
      throw new IllegalArgumentException(
          "%s: %s is no 32-bit integer, but the tensor holds I32".formatted(op, value));
    }
    return full(Shape.SCALAR, value, dtype());
  }

  /// Returns `−this`.
  public Tensor neg() {
    return unary(UnaryOp.NEG);
  }

  /// Returns `condition ≠ 0 ? a : b`, all three broadcast to a common shape.
  public static Tensor where(Tensor condition, Tensor a, Tensor b) {
    return Views.where(condition, a, b);
  }

  // ---- reductions ----

  /// Reduces axes (all of them if none is named).
  ///
  /// @param keepDims whether reduced axes stay, with size 1
  public Tensor reduce(ReduceOp op, boolean keepDims, int... axes) {
    Shape kept = Views.reduced(shape(), axes);
    Tensor out = zeros(kept, dtype());
    Backends.current().reduce(op, this, out);
    return keepDims ? out : out.reshape(Views.squeezed(shape(), axes));
  }

  /// Returns the sum over axes (all of them if none is named), which disappear.
  public Tensor sum(int... axes) {
    return reduce(ReduceOp.SUM, false, axes);
  }

  /// Returns the mean over axes (all of them if none is named), which disappear; NaN over nothing.
  public Tensor mean(int... axes) {
    Views.requireFloating("mean", this);
    Shape kept = Views.reduced(shape(), axes);
    long count = 1;
    for (int axis = 0; axis < rank(); axis++) {
      count *= kept.dim(axis) == 1 ? dim(axis) : 1;
    }
    return sum(axes).div((double) count);
  }

  /// Returns the maximum over axes (all of them if none is named), which disappear.
  public Tensor max(int... axes) {
    return reduce(ReduceOp.MAX, false, axes);
  }

  /// Returns the I32 index of the first largest element along the last axis, which disappears.
  public Tensor argmax() {
    Views.requireRank("argmax", this, 1);
    if (dim(-1) == 0) {
      throw ShapeException.of("argmax: the last axis of shape %s is empty", shape());
    }
    Tensor out = zeros(shape().without(-1), DType.I32);
    Backends.current().argmax(contiguous(), out);
    return out;
  }

  /// Returns the sum that undoes a broadcast: this tensor summed down to a smaller shape.
  public Tensor sumTo(Shape target) {
    return Views.sumTo(this, target);
  }

  // ---- matrix product, joining ----

  /// Returns the matrix product over the last two axes; leading axes broadcast. Both operands have
  /// rank 2 or more. Transposed views cost nothing.
  ///
  /// @throws ShapeException if the inner sizes differ or the leading axes do not broadcast
  public Tensor matmul(Tensor b) {
    return Products.matmul(this, b);
  }

  /// Returns tensors joined along an axis.
  ///
  /// @throws ShapeException if the other axes differ
  public static Tensor cat(List<Tensor> parts, int axis) {
    return Views.cat(parts, axis);
  }

  /// Returns the tensor written like NumPy does, with shape and dtype; long axes are shortened.
  @Override
  public String toString() {
    return TensorText.of(this);
  }
}

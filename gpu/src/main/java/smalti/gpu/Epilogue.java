package smalti.gpu;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import smalti.gpu.kernel.Kernel;
import smalti.tensor.Tensor;
import smalti.tensor.backend.UnaryOp;

/// Lets a product that has just been recorded also add a bias and apply an activation, instead of
/// reading its result again.
final class Epilogue {
  private static final int ROWS = 1;
  private static final int COLUMNS = 2;
  private static final int BATCH = 0;
  private static final int OUT = 22;
  private static final int BIAS = 24;
  private static final int ACTIVATION = 26;
  private static final int NONE = -1;

  /// What the kernel's `Functions.activation` computes.
  private static final Set<UnaryOp> ACTIVATIONS =
      EnumSet.of(
          UnaryOp.TANH,
          UnaryOp.SIGMOID,
          UnaryOp.RELU,
          UnaryOp.GELU,
          UnaryOp.GELU_TANH,
          UnaryOp.QUICK_GELU,
          UnaryOp.SILU);

  private Epilogue() {}

  /// Adds a bias to the product if `y` is its whole result.
  static boolean bias(List<Call> last, Tensor bias, Tensor y, Launcher launcher) {
    for (Call product : last) {
      if (makes(product, y)
          && product.word(BIAS) == 0
          && product.word(ACTIVATION) == NONE
          && product.word(COLUMNS) == bias.elements()) {
        product.attach(BIAS + 1, launcher.at(bias, false), bias.layout(), false);
        product.change(BIAS, 1);
        return true;
      }
    }
    return false;
  }

  /// Applies a function to the product's result `x` as well, which is kept too.
  static boolean activation(List<Call> last, UnaryOp op, Tensor x, Tensor out, Launcher launcher) {
    if (!ACTIVATIONS.contains(op)) {
      return false;
    }
    for (Call product : last) {
      if (makes(product, x) && x != out && product.word(ACTIVATION) == NONE) {
        product.attach(ACTIVATION + 1, launcher.at(out, true), out.layout(), true);
        product.change(ACTIVATION, op.ordinal());
        return true;
      }
    }
    return false;
  }

  private static boolean makes(Call call, Tensor y) {
    if (call.kernel() != Kernel.MATMUL || !y.isContiguous()) {
      return false;
    }
    long elements = (long) call.word(BATCH) * call.word(ROWS) * call.word(COLUMNS);
    return elements == y.elements()
        && call.accesses().stream()
            .anyMatch(a ->
                a.word() == OUT && a.storage() == y.storage() && a.from() == y.layout().offset());
  }
}

package smalti.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import smalti.autograd.op.Context;
import smalti.autograd.op.CustomOp;
import smalti.tensor.Shape;
import smalti.tensor.ShapeException;
import smalti.tensor.Tensor;

class AutogradTest {

  private static Variable leaf(double... data) {
    return Variable.leaf(Tensor.of(data, data.length));
  }

  /// Doubles, and shows the context that it was given.
  private static final class Doubling implements CustomOp {
    @Nullable Context seen;

    @Override
    public Tensor forward(Context context, Tensor... inputs) {
      context.save(inputs);
      seen = context;
      return inputs[0].mul(2);
    }

    @Override
    public Tensor[] vjp(Context context, Tensor dOut) {
      assertThat(context.saved(0).shape()).isEqualTo(dOut.shape());
      return new Tensor[] {dOut.mul(2)};
    }
  }

  @Test
  void walksAChainOf100000Ops() {
    Variable x = leaf(3);
    Variable y = x;
    for (int i = 0; i < 50_000; i++) {
      y = y.mul(2).mul(0.5);
    }
    assertThat(y.item()).isEqualTo(3);
    assertThat(Autograd.backward(y).of(x).item()).isEqualTo(1);
  }

  @Test
  void sumsTheGradientsOfSharedInputs() {
    Variable x = leaf(2, -3);
    Variable square = x.mul(x);
    Variable loss = Variable.cat(List.of(square.add(x), x, square), 0).add(0).sum();
    // d/dx (2x² + 2x) = 4x + 2
    assertThat(Autograd.backward(loss).of(x).toDoubles()).containsExactly(10, -10);
  }

  @Test
  void changesNoGradientThatItWasGiven() {
    Variable x = leaf(1, 1);
    Variable y = x.add(x).add(x.add(x));
    Tensor gradient = Tensor.of(new double[] {1, 10}, 2);
    assertThat(Autograd.backward(y, gradient).of(x).toDoubles()).containsExactly(4, 40);
    assertThat(gradient.toDoubles()).containsExactly(1, 10);
  }

  @Test
  void givesEachLeafAGradientOfItsOwn() {
    Variable a = leaf(1);
    Variable b = leaf(2);
    Tensor gradient = Tensor.of(new double[] {5}, 1);
    Gradients gradients = Autograd.backward(a.add(b), gradient);
    assertThat(gradients.size()).isEqualTo(2);
    assertThat(gradients.of(a).storage()).isNotSameAs(gradients.of(b).storage());
    assertThat(gradients.of(a).storage()).isNotSameAs(gradient.storage());
    assertThat(gradients.of(b).item()).isEqualTo(5);
  }

  @Test
  void walksBackFromALeafAndFromAConstant() {
    Variable x = leaf(7);
    assertThat(Autograd.backward(x).of(x).item()).isEqualTo(1);
    assertThat(Autograd.backward(x.detach()).size()).isZero();
  }

  @Test
  void recordsNothingInsideNoGrad() {
    Variable x = leaf(1, 2);
    Doubling op = new Doubling();
    Variable y = Autograd.noGrad(() -> Autograd.apply(op, x).sum());
    assertThat(y.requiresGrad()).isFalse();
    assertThat(y.item()).isEqualTo(6);
    assertThat(op.seen).isNotNull();
    assertThat(op.seen.needs(0)).isFalse();
    assertThatThrownBy(() -> op.seen.saved(0)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(Autograd.isRecording()).isTrue();
    assertThat(Autograd.backward(y).get(x)).isNull();
    assertThatThrownBy(() -> Autograd.backward(y).of(x))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("gradients: the loss does not depend on this leaf of shape [2]");
  }

  @Test
  void releasesWhatWasSavedAndRefusesASecondWalk() {
    Variable x = leaf(1, 2);
    Doubling op = new Doubling();
    Variable loss = Autograd.apply(op, x).sum();
    assertThat(op.seen.saved(0)).isSameAs(x.value());
    Autograd.backward(loss);
    assertThatThrownBy(() -> op.seen.saved(0)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> Autograd.backward(loss))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "backward: what the forward pass saved has been released; a graph can be walked once."
                + " Add losses that share a part before walking back");
  }

  /// Returns a loss whose graph has a value in its middle that no op saves.
  private static Variable loss(Variable x, List<WeakReference<Tensor>> middle) {
    Variable sum = x.add(1);
    middle.add(new WeakReference<>(sum.value()));
    return sum.add(2).sum();
  }

  @Test
  void keepsNoValueThatNoOpSaved() throws InterruptedException {
    Variable x = leaf(1, 2);
    List<WeakReference<Tensor>> middle = new ArrayList<>();
    Variable loss = loss(x, middle);
    for (int i = 0; i < 100 && middle.getFirst().get() != null; i++) {
      System.gc();
      Thread.sleep(10);
    }
    assertThat(middle.getFirst().get()).isNull();
    assertThat(Autograd.backward(loss).of(x).toDoubles()).containsExactly(1, 1);
  }

  @Test
  void sendsNoGradientIntoConstants() {
    Variable x = leaf(2);
    Variable constant = Variable.of(Tensor.of(new double[] {3}, 1));
    Gradients gradients = Autograd.backward(x.mul(constant).mul(x.detach()));
    assertThat(gradients.size()).isEqualTo(1);
    assertThat(gradients.of(x).item()).isEqualTo(6);
  }

  @Test
  void explainsWrongCalls() {
    Variable x = leaf(1, 2);
    assertThatThrownBy(() -> Autograd.backward(x))
        .isInstanceOf(ShapeException.class)
        .hasMessage(
            "backward: the loss must have one element; got [2]. Call sum() or mean() first");
    assertThatThrownBy(() -> Autograd.backward(x, Tensor.zeros(3)))
        .isInstanceOf(ShapeException.class)
        .hasMessage("backward: the gradient's shape [3] is not the output's [2]");
    assertThatThrownBy(() -> Variable.leaf(Tensor.arange(3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("leaf: gradients need floating-point numbers; got I32");
  }

  record Broken(Shape gradient, int count) implements CustomOp {
    @Override
    public Tensor forward(Context context, Tensor... inputs) {
      return inputs[0].copy();
    }

    @Override
    public Tensor[] vjp(Context context, Tensor dOut) {
      Tensor[] gradients = new Tensor[count];
      Arrays.fill(gradients, Tensor.zeros(gradient, dOut.dtype()));
      return gradients;
    }
  }

  @Test
  void explainsWrongGradientsOfCustomOps() {
    Variable shape = Autograd.apply(new Broken(Shape.of(3), 1), leaf(1));
    assertThatThrownBy(() -> Autograd.backward(shape))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "Broken[gradient=[3], count=1]: the gradient of input 0 has shape [3]; the input has"
                + " [1]");
    Variable count = Autograd.apply(new Broken(Shape.of(1), 2), leaf(1));
    assertThatThrownBy(() -> Autograd.backward(count))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Broken[gradient=[1], count=2]: vjp returned 2 gradients for 1 inputs");
  }
}

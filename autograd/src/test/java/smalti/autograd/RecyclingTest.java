package smalti.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import smalti.autograd.op.Context;
import smalti.autograd.op.CustomOp;
import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Walks back over tensors that are long enough for their arrays to be lent again. F64 arrays never
/// are, and say what is right.
class RecyclingTest {
  private static final Shape SHAPE = Shape.of(48, 64);

  private static Tensor draw(String name, DType dtype) {
    return Random.of(3).split(name).uniform(SHAPE).to(dtype);
  }

  /// Uses gradients twice, as views and in sums.
  private static Variable loss(Variable a, Variable b) {
    Variable shared = a.add(b); // one gradient for both
    Variable views = shared.transpose(0, 1).mul(b.transpose(0, 1)).slice(0, 3, 60);
    Variable chain = a;
    for (int i = 0; i < 6; i++) {
      chain = chain.mul(b).sigmoid().add(chain);
    }
    Variable product = shared.matmul(chain.transpose(0, 1)).tanh(); // (48, 48)
    return views.sum().add(chain.mean()).add(product.mul(product).sum()).add(a.sum());
  }

  private static List<double[]> gradients(DType dtype) {
    Variable a = Variable.leaf(draw("a", dtype));
    Variable b = Variable.leaf(draw("b", dtype));
    Gradients gradients = Autograd.backward(loss(a, b));
    return List.of(gradients.of(a).toDoubles(), gradients.of(b).toDoubles());
  }

  @Test
  void gradientsAreThoseOfArraysThatAreNeverLentAgain() {
    List<double[]> right = gradients(DType.F64);
    for (int pass = 0; pass < 3; pass++) { // later passes use arrays of earlier ones
      List<double[]> lent = gradients(DType.F32);
      for (int i = 0; i < right.size(); i++) {
        assertThat(lent.get(i)).containsExactly(right.get(i), within(1e-3));
      }
    }
  }

  @Test
  void aLaterPassLeavesEarlierGradientsAlone() {
    Variable a = Variable.leaf(draw("a", DType.F32));
    Variable b = Variable.leaf(draw("b", DType.F32));
    Gradients first = Autograd.backward(loss(a, b));
    Tensor before = first.of(a).copy();
    Autograd.backward(loss(a.mul(2), b));
    assertThat(first.of(a).toFloats()).containsExactly(before.toFloats());
  }

  @Test
  void leavesThatShareAGradientMayBothBeWrittenTo() {
    Variable a = Variable.leaf(draw("a", DType.F32));
    Variable b = Variable.leaf(draw("b", DType.F32));
    Gradients gradients = Autograd.backward(a.add(b).mul(3).sum());
    assertThat(gradients.of(a).storage()).isNotSameAs(gradients.of(b).storage());
    assertThat(gradients.of(a).toFloats()).containsOnly(3);
    assertThat(gradients.of(b).toFloats()).containsOnly(3);
  }

  @Test
  void anOpFromOutsideMayKeepWhatItWasGivenAndWhatItMade() {
    Keeping keeping = new Keeping(new ArrayList<>());
    Variable a = Variable.leaf(draw("a", DType.F32));
    Variable x = a.mul(2);
    for (int i = 0; i < 3; i++) {
      x = Autograd.apply(keeping, x).mul(0.5).sigmoid();
    }
    Autograd.backward(x.sum());
    assertThat(keeping.kept).hasSize(6);
    List<float[]> then = keeping.copies;
    gradients(DType.F32);
    for (int i = 0; i < then.size(); i++) {
      assertThat(keeping.kept.get(i).toFloats()).containsExactly(then.get(i));
    }
  }

  /// Multiplies by 2 and keeps its gradients.
  private static final class Keeping implements CustomOp {
    private final List<Tensor> kept;
    private final List<float[]> copies = new ArrayList<>();

    Keeping(List<Tensor> kept) {
      this.kept = kept;
    }

    @Override
    public Tensor forward(Context context, Tensor... inputs) {
      return inputs[0].mul(2);
    }

    @Override
    public @Nullable Tensor[] vjp(Context context, Tensor dOut) {
      Tensor dx = dOut.mul(2);
      for (Tensor t : List.of(dOut, dx)) {
        kept.add(t);
        copies.add(t.toFloats());
      }
      return new Tensor[] {dx};
    }
  }
}

package smalti.autograd.op;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import smalti.autograd.Autograd;
import smalti.autograd.Gradients;
import smalti.autograd.Variable;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Compares [ReluConv2dChain] with the ops that it is made of.
class ReluConv2dChainTest {
  private final Random random = Random.of(5);

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void isItsOpsOneAfterTheOtherToTheBit(boolean residual) {
    Variable x = leaf("x", 3, 20, 12, 10);
    List<Variable> parameters = new ArrayList<>();
    int in = 20;
    for (int i = 1; i <= 3; i++) {
      int out = i == 3 ? 20 : 8;
      parameters.add(leaf("w" + i, out, in, i == 2 ? 1 : 3, i == 2 ? 1 : 3));
      parameters.add(leaf("b" + i, out));
      in = out;
    }
    Variable y = x;
    for (int i = 0; i < parameters.size(); i += 2) {
      Variable weight = parameters.get(i);
      y = y.relu().conv2d(weight, parameters.get(i + 1), 1, weight.dim(2) / 2);
    }
    Variable apart = residual ? x.add(y) : y;
    Variable chain = x.reluConv2dChain(residual, parameters);
    assertThat(chain.value().toFloats()).isEqualTo(apart.value().toFloats());
    Tensor d = normal("d", 3, 20, 12, 10);
    Gradients expected = Autograd.backward(apart, d);
    Gradients actual = Autograd.backward(chain, d);
    parameters.add(x);
    for (Variable leaf : parameters) {
      assertThat(actual.of(leaf).toFloats()).isEqualTo(expected.of(leaf).toFloats());
    }
  }

  private Variable leaf(String name, int... shape) {
    return Variable.leaf(normal(name, shape));
  }

  private Tensor normal(String name, int... shape) {
    return random.split(name).normal(Shape.of(shape));
  }
}

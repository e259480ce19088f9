package smalti.nn.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import smalti.autograd.Autograd;
import smalti.autograd.Gradients;
import smalti.autograd.Variable;
import smalti.nn.Parameter;
import smalti.tensor.Tensor;

final class GradientClipTest {

  @Test
  void theNormIsThatOfAllGradientsTogether() {
    Parameter a = new Parameter("a", Tensor.zeros(2));
    Parameter b = new Parameter("b", Tensor.zeros(1));
    Parameter unused = new Parameter("unused", Tensor.ones(3));
    Variable loss = a.mul(Variable.of(Tensor.of(new float[] {2, 3}, 2))).sum().add(b.mul(6).sum());
    Gradients g = Autograd.backward(loss);
    assertThat(GradientClip.norm(g, List.of(a, b, unused))).isCloseTo(7, within(1e-6));
    assertThat(GradientClip.norm(g, List.of(a))).isCloseTo(Math.sqrt(13), within(1e-6));
    assertThat(GradientClip.norm(g, List.of(unused))).isZero();
  }

  @Test
  void theFactorBringsLargeNormsDownAndLeavesSmallOnes() {
    assertThat(GradientClip.factor(3, 4)).isEqualTo(1);
    assertThat(GradientClip.factor(4, 4)).isEqualTo(1);
    assertThat(GradientClip.factor(0, 4)).isEqualTo(1);
    assertThat(100 * GradientClip.factor(100, 4)).isCloseTo(4, within(1e-6));
    assertThat(100 * GradientClip.factor(100, 4)).isLessThanOrEqualTo(4);
  }
}

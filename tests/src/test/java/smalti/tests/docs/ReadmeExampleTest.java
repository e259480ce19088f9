package smalti.tests.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.nn.Losses;
import smalti.nn.layer.Activation;
import smalti.nn.layer.Linear;
import smalti.nn.layer.Sequential;
import smalti.nn.optim.AdamW;
import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.UnaryOp;

/// Runs the example of the README, and holds that the README shows what runs here.
class ReadmeExampleTest {
  private static final String BEGIN = "    // README: begin";
  private static final String END = "    // README: end";

  @Test
  void theExampleLearnsTheDisc() {
    // README: begin
    Random random = Random.of(1);
    Tensor points = random.normal(Shape.of(256, 2)); // (B, 2)
    Tensor inside = points.mul(points).sum(1).binary(BinaryOp.LT, Tensor.scalar(1)).to(DType.I32);

    Sequential mlp =
        new Sequential(
            new Linear(2, 32, true, random.split("first")),
            new Activation(UnaryOp.GELU),
            new Linear(32, 2, true, random.split("second")));
    AdamW adam = AdamW.adam(mlp.namedParameters());
    for (int step = 0; step < 200; step++) {
      Variable logits = mlp.forward(Variable.of(points)); // (B, 2)
      Variable loss = Losses.crossEntropy(logits, inside);
      adam.step(Autograd.backward(loss), 0.01, 1); // learning rate, gradient scale
    }
    Tensor guess = mlp.forward(Variable.of(points)).value().argmax(); // (B)
    // README: end
    int[] wanted = inside.toInts();
    int[] found = guess.toInts();
    int right = 0;
    for (int i = 0; i < wanted.length; i++) {
      right += found[i] == wanted[i] ? 1 : 0;
    }
    assertThat(right).isGreaterThan(250);
  }

  @Test
  void theReadmeShowsTheCodeThatRunsHere() throws IOException {
    String file = "tests/src/test/java/smalti/tests/docs/ReadmeExampleTest.java";
    List<String> lines = Page.of(file).text().lines().toList();
    String code =
        String.join("\n", lines.subList(lines.indexOf(BEGIN) + 1, lines.indexOf(END)))
            .stripIndent();
    assertThat(code.lines().count()).isGreaterThan(10);
    assertThat(Page.of("README.md").text()).contains("```java\n" + code + "\n```");
  }
}

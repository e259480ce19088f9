package smalti.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

class CheckpointTest {
  private static final int WIDTH = 6;

  /// A residual block with attention and dropout, whose weights are not inputs of it.
  private static Variable block(Variable x, Variable weight, long key) {
    Random random = Random.of(key).split("dropout");
    Variable h = x.linear(weight, null).gelu(); // (B, T, C)
    Variable heads = h.reshape(h.dim(0), h.dim(1), 2, WIDTH / 2).transpose(1, 2); // (B, H, T, D)
    Variable mixed = heads.attention(heads, heads, new AttentionPattern.Causal(), 0.7);
    return x.add(mixed.transpose(1, 2).reshape(x.shape()).dropout(0.3, random));
  }

  private interface Wrapper {
    Variable run(Function<List<Variable>, Variable> block, Variable... inputs);
  }

  private static List<double[]> gradients(long seed, Wrapper wrapper) {
    Random random = Random.of(seed);
    Variable x = Variable.leaf(random.normal(Shape.of(2, 3, WIDTH)));
    Variable w = Variable.leaf(random.normal(Shape.of(WIDTH, WIDTH)));
    Variable h = x.mul(2); // also used outside of the blocks, and captured by the second
    Variable first = wrapper.run(v -> block(v.get(0), w, seed), h);
    Variable second =
        wrapper.run(
            v ->
                wrapper
                    .run(u -> block(u.get(0).add(h), w, seed + 1), v.get(0).tanh())
                    .mul(v.get(1)),
            first,
            x);
    Variable loss = second.add(h).add(first).square().mean().add(w.abs().sum());
    Gradients gradients = Autograd.backward(loss);
    return List.of(
        new double[] {loss.item()}, gradients.of(x).toDoubles(), gradients.of(w).toDoubles());
  }

  @Property(tries = 10, shrinking = ShrinkingMode.OFF)
  void givesTheSameBitsAsWithout(@ForAll long seed) {
    List<double[]> plain = gradients(seed, (block, in) -> block.apply(List.of(in)));
    List<double[]> saving = gradients(seed, (block, in) -> Autograd.checkpoint(block, List.of(in)));
    for (int i = 0; i < plain.size(); i++) {
      assertThat(saving.get(i)).isEqualTo(plain.get(i));
    }
  }

  @Example
  void runsTheBlockAgainInTheBackwardPassOnly() {
    AtomicInteger runs = new AtomicInteger();
    AtomicInteger recorded = new AtomicInteger();
    Variable x = Variable.leaf(Tensor.ones(3));
    Variable loss =
        Autograd.checkpoint(
            v -> {
              runs.incrementAndGet();
              recorded.addAndGet(Autograd.isRecording() ? 1 : 0);
              return v.get(0).exp().sum();
            },
            List.of(x));
    assertThat(runs).hasValue(1);
    assertThat(recorded).hasValue(0);
    Autograd.noGrad(() -> Autograd.backward(loss)).of(x);
    assertThat(runs).hasValue(2);
    assertThat(recorded).hasValue(1);
    assertThatThrownBy(() -> Autograd.backward(loss))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("a graph can be walked once");
  }

  @Example
  void isPlainInsideNoGrad() {
    Variable x = Variable.leaf(Tensor.ones(3));
    Variable y = Autograd.noGrad(() -> Autograd.checkpoint(v -> v.get(0).exp().sum(), List.of(x)));
    assertThat(y.requiresGrad()).isFalse();
  }

  @Example
  void noticesABlockThatDrawsNewRandomNumbers() {
    Random random = Random.of(1);
    Variable x = Variable.leaf(Tensor.ones(50));
    Variable y = Autograd.checkpoint(v -> v.get(0).dropout(0.5, random).sum(), List.of(x));
    assertThatThrownBy(() -> Autograd.backward(y))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "checkpoint: the block gave other numbers when it was run again; make its random"
                + " generators inside the block, with split");
  }
}

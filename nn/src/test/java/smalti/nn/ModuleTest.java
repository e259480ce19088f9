package smalti.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import smalti.nn.layer.Linear;
import smalti.nn.layer.Sequential;
import smalti.tensor.Random;
import smalti.tensor.ShapeException;
import smalti.tensor.Tensor;

final class ModuleTest {

  private static final class Leaf extends Module {
    Leaf(double value) {
      param("w", Tensor.of(new float[] {(float) value, (float) value}, 2));
    }
  }

  private static final class Tree extends Module {
    final Parameter own;

    Tree() {
      child("blocks.input", new Leaf(1));
      own = param("scale", Tensor.of(new float[] {5}, 1));
      child("blocks.output", new Leaf(2));
    }
  }

  private static final class Open extends Module {
    void addParam(String name) {
      param(name, Tensor.zeros(1));
    }

    void addChild(String name, Module module) {
      child(name, module);
    }
  }

  @Test
  void namesAreDottedPathsInOrderOfRegistrationOwnOnesFirst() {
    Tree tree = new Tree();
    assertThat(tree.namedParameters().keySet())
        .containsExactly("scale", "blocks.input.w", "blocks.output.w");
    assertThat(tree.state().keySet()).containsExactlyElementsOf(tree.namedParameters().keySet());
    assertThat(tree.parameters()).hasSize(3);
    assertThat(tree.parameterCount()).isEqualTo(5);
    assertThat(tree.namedParameters().get("scale")).isSameAs(tree.own);
  }

  @Test
  void sequentialNumbersItsLayers() {
    Random random = Random.of(1);
    Sequential chain =
        new Sequential(new Linear(2, 3, true, random), new Linear(3, 1, false, random));
    assertThat(chain.namedParameters().keySet()).containsExactly("0.weight", "0.bias", "1.weight");
  }

  @Test
  void oneNameServesOnePart() {
    Open module = new Open();
    module.addParam("w");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> module.addParam("w"))
        .withMessageContaining("two parts are named w");
    assertThatIllegalArgumentException().isThrownBy(() -> module.addChild("w", new Leaf(0)));
  }

  @Test
  void pathsThatMeetAreRefused() {
    Open inner = new Open();
    inner.addChild("b", new Leaf(0));
    Open module = new Open();
    module.addChild("a", inner);
    module.addChild("a.b", new Leaf(0));
    assertThatIllegalStateException()
        .isThrownBy(module::namedParameters)
        .withMessageContaining("a.b.w");
  }

  @Test
  void stateIsLiveAndLoadCopiesIntoIt() {
    Tree tree = new Tree();
    Map<String, Tensor> state = tree.state();
    Map<String, Tensor> other = new LinkedHashMap<>();
    state.forEach((name, t) -> other.put(name, t.mul(10)));
    tree.load(other);
    assertThat(state.get("scale").item()).isEqualTo(50);
    assertThat(state.get("blocks.output.w").toFloats()).containsExactly(20, 20);
    other.get("scale").storage().set(0, -1);
    assertThat(tree.own.item()).as("load copies").isEqualTo(50);
    assertThat(tree.state().get("scale")).as("the same storage").isSameAs(state.get("scale"));
  }

  @Test
  void aMissingNameChangesNothing() {
    Map<String, Tensor> state = scaledState();
    Tensor w = state.remove("blocks.output.w");
    assertRefused(state, "state: blocks.output.w is missing; the file has e.g. blocks.input.w");
    state.put("blocks.outputs.w", w);
    assertRefused(state, "state: blocks.output.w is missing");
  }

  @Test
  void anUnknownNameChangesNothing() {
    Map<String, Tensor> state = scaledState();
    state.put("blocks.extra.w", Tensor.zeros(2));
    assertRefused(state, "state: the model has no parameter blocks.extra.w");
  }

  @Test
  void anotherShapeChangesNothing() {
    Map<String, Tensor> state = scaledState();
    state.put("blocks.output.w", Tensor.zeros(3));
    assertRefused(state, "state: blocks.output.w has shape [3] in the file, [2] in the model");
  }

  @Test
  void assignInsistsOnTheShape() {
    assertThat(new Parameter("w", Tensor.zeros(2)).name()).isEqualTo("w");
    assertThatExceptionOfType(ShapeException.class)
        .isThrownBy(() -> new Parameter("w", Tensor.zeros(2)).assign(Tensor.zeros(1, 2)))
        .withMessage("w: has shape [2]; got [1, 2]");
  }

  private static Map<String, Tensor> scaledState() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    new Tree().state().forEach((name, t) -> state.put(name, t.mul(10)));
    return state;
  }

  private static void assertRefused(Map<String, Tensor> state, String message) {
    Tree tree = new Tree();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> tree.load(state))
        .withMessageContaining(message);
    Tree fresh = new Tree();
    tree.state()
        .forEach((name, t) ->
            assertThat(t.toFloats()).as(name).isEqualTo(fresh.state().get(name).toFloats()));
  }
}

package smalti.dalle.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import smalti.autograd.Autograd;
import smalti.autograd.Gradients;
import smalti.nn.Parameter;
import smalti.nn.Pass;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Random;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// Tests the choices that the paper leaves open, each with its alternative.
final class StyleTest {
  private static final TransformerConfig C = Models.SPARSE;
  private static final int BATCH = 2;

  private static Style style(boolean wraps, boolean transposed, boolean tied, boolean pads) {
    return new Style(0.5, wraps, transposed, tied, pads);
  }

  private static SparseTransformer.Loss loss(SparseTransformer m, Execution execution) {
    Pass pass = Pass.training(Random.of(8));
    return m.loss(Models.text(C, BATCH), Models.image(C, BATCH), pass, execution);
  }

  /// The sums of a query's attention run over the same keys in the same order, so even the bits are
  /// the same on the reference backend; gradients of keys are summed in another order.
  @Test
  void columnLayersOnTransposedStatesGiveTheSameNumbers() {
    Backends.with(Backends.reference(), () -> assertTransposedEqualsPlain(0));
    Backends.with(Backends.current(), () -> assertTransposedEqualsPlain(1e-5f));
  }

  private static void assertTransposedEqualsPlain(float tolerance) {
    SparseTransformer plain = Models.model(C);
    SparseTransformer turned = Models.model(C.withStyle(style(true, true, false, true)));
    assertThat(LayerPlan.of(turned.config()).get(1))
        .isEqualTo(new AttentionPattern.TransposedColumn(C.textLength(), C.gridSize()));
    Tensor text = Models.text(C, BATCH);
    Tensor image = Models.image(C, BATCH);
    float[] expected =
        Autograd.noGrad(() -> plain.forward(text, image, Pass.inference()))
            .image()
            .value()
            .toFloats();
    float[] actual =
        Autograd.noGrad(() -> turned.forward(text, image, Pass.inference()))
            .image()
            .value()
            .toFloats();
    assertThat(actual).containsExactly(expected, within(tolerance));
    assertGradientsAgree(plain, turned);
  }

  private static void assertGradientsAgree(SparseTransformer one, SparseTransformer other) {
    Gradients a = Autograd.backward(loss(one, Execution.plain()).loss());
    Gradients b = Autograd.backward(loss(other, Execution.plain()).loss());
    Map<String, Parameter> others = other.namedParameters();
    one.namedParameters()
        .forEach((name, p) ->
            assertThat(b.of(others.get(name)).toFloats())
                .as(name)
                .containsExactly(a.of(p).toFloats(), within(1e-5f)));
  }

  @Test
  void theLastLayerMayEndAtTheEdges() {
    SparseTransformer ends = Models.model(C.withStyle(style(false, false, false, true)));
    assertThat(LayerPlan.of(ends.config()).getLast())
        .isEqualTo(new AttentionPattern.Neighbourhood(C.textLength(), C.gridSize(), 3));
    assertThat(loss(ends, Execution.plain()).image())
        .as("other pairs, other numbers")
        .isNotEqualTo(loss(Models.model(C), Execution.plain()).image());
  }

  @Test
  void tiedOutputMatricesAreTheTables() {
    SparseTransformer tied = Models.model(C.withStyle(style(true, false, true, true)));
    SparseTransformer untied = Models.model(C);
    assertThat(tied.namedParameters())
        .doesNotContainKeys("text_logits.weight", "image_logits.weight");
    Map<String, Parameter> all = untied.namedParameters();
    tied.namedParameters().forEach((name, p) -> all.get(name).assign(p.value()));
    for (String part : List.of("text", "image")) {
      all.get(part + "_logits.weight").assign(all.get(part + ".weight").value());
    }
    SparseTransformer.Loss once = loss(tied, Execution.plain());
    SparseTransformer.Loss twice = loss(untied, Execution.plain());
    assertThat(once.loss().item()).isEqualTo(twice.loss().item());
    Gradients g = Autograd.backward(once.loss());
    Gradients h = Autograd.backward(twice.loss());
    for (String part : List.of("text", "image")) {
      Tensor sum = h.of(all.get(part + ".weight")).add(h.of(all.get(part + "_logits.weight")));
      assertThat(g.of(tied.namedParameters().get(part + ".weight")).toFloats())
          .containsExactly(sum.toFloats(), within(1e-6f));
    }
  }

  @Test
  void padsMayBeLeftOutOfTheTextLoss() {
    SparseTransformer with = Models.model(C);
    SparseTransformer without = Models.model(C.withStyle(style(true, false, false, false)));
    Tensor text = Tensor.of(C.padded(new int[] {3, 5}), 1, C.textLength());
    Tensor image = Models.image(C, 1);
    Tensor logits = with.forward(text, image, Pass.inference()).text().value();
    double[] each = new double[C.textLength()];
    for (int slot = 0; slot < each.length; slot++) {
      double[] row = logits.select(1, slot).toDoubles();
      double sum = 0;
      for (double x : row) {
        sum += Math.exp(x);
      }
      each[slot] = Math.log(sum) - row[text.toInts()[slot]];
    }
    double all = (each[0] + each[1] + each[2] + each[3]) / 4;
    assertThat(with.loss(text, image, Pass.inference()).text()).isCloseTo(all, within(1e-5));
    assertThat(without.loss(text, image, Pass.inference()).text())
        .isCloseTo((each[0] + each[1]) / 2, within(1e-5));
    Tensor empty = Tensor.of(C.padded(new int[0]), 1, C.textLength());
    assertThat(without.loss(empty, image, Pass.inference()).text()).isZero();
  }

  @Test
  void checkpointsChangeNoBit() {
    SparseTransformer model = Models.model(C); // with dropout
    SparseTransformer.Loss plain = loss(model, Execution.plain());
    SparseTransformer.Loss again = loss(model, Execution.checkpointed());
    assertThat(again.loss().item()).isEqualTo(plain.loss().item());
    Gradients a = Autograd.backward(plain.loss());
    Gradients b = Autograd.backward(again.loss());
    model
        .namedParameters()
        .forEach((name, p) ->
            assertThat(b.of(p).toFloats()).as(name).containsExactly(a.of(p).toFloats()));
  }

  @Test
  void initialWeightsHaveTheScaleOfTheSparseTransformersPaper() {
    TransformerConfig c =
        new TransformerConfig(
            4, 60, 8, 64, 64, 8, 2, TransformerConfig.Attention.SPARSE, 3, 0, 0, Style.published());
    SparseTransformer model = new SparseTransformer(c, Random.of(3));
    double gain = 0.125;
    double residual = 1 / Math.sqrt(2.0 * 8);
    assertSpread(model, "resblocks.3.attn.in_proj_weight", gain / 8);
    assertSpread(model, "resblocks.3.attn.out_proj.weight", gain / 8 * residual);
    assertSpread(model, "resblocks.3.mlp.c_fc.weight", gain / 8);
    assertSpread(model, "resblocks.3.mlp.c_proj.weight", gain / 16 * residual);
    assertSpread(model, "text.weight", gain / 8);
    assertSpread(model, "row.weight", gain / Math.sqrt(2 * 64));
    for (String zero :
        List.of("text_logits.weight", "image_logits.bias", "resblocks.0.mlp.c_fc.bias")) {
      assertThat(model.namedParameters().get(zero).value().toFloats()).containsOnly(0);
    }
  }

  private static void assertSpread(SparseTransformer model, String name, double std) {
    Tensor w = model.namedParameters().get(name).value();
    assertThat(Math.sqrt(w.mul(w).mean().item())).as(name).isCloseTo(std, within(0.06 * std));
  }

  @Test
  void aGainOfNothingIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Style(0, true, false, false, true))
        .withMessageContaining("initGain");
  }
}

package smalti.tests.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smalti.autograd.Autograd;
import smalti.autograd.Gradients;
import smalti.autograd.Variable;
import smalti.dalle.family.CausalModel;
import smalti.dalle.family.Clip;
import smalti.dalle.family.EncoderDecoder;
import smalti.tensor.Random;
import smalti.tensor.Tensor;

/// Compares the wider family with PyTorch at tiny sizes: results and all gradients.
final class FamilyGoldenTest {
  private static final double TOLERANCE = 2e-5;

  /// Biases of attention keys have no gradient but rounding.
  private static final double ROUNDING = 1e-6;

  @ParameterizedTest
  @CsvSource({"post, false", "pre, true"})
  void theTransformerOf2017(String kind, boolean normFirst) {
    Golden golden = Golden.read("encoder_decoder").under(kind + "/");
    EncoderDecoder model =
        new EncoderDecoder(new EncoderDecoder.Config(12, 3, 2, 2, 20, normFirst), Random.of(0));
    model.load(golden.under("param/").tensors());
    Variable memory = model.encode(Variable.of(golden.get("in/source")));
    Variable y = model.decode(Variable.of(golden.get("in/target")), memory);
    golden.assertClose("out/y", y.value(), TOLERANCE);
    Gradients gradients = Autograd.backward(y, golden.get("in/dout").copy());
    golden.assertGradients(model, gradients, TOLERANCE, ROUNDING);
  }

  private static CausalModel gpt(String kind, Golden golden) {
    CausalModel.Config c = new CausalModel.Config(9, 7, 12, 2, 3, kind.equals("image"));
    CausalModel model = new CausalModel(c, Random.of(0));
    model.loadPublished(golden.under("param/").tensors());
    return model;
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", "image"})
  void gpt2AndImageGptUnderTheirNames(String kind) {
    Golden golden = Golden.read("gpt").under(kind + "/");
    CausalModel model = gpt(kind, golden);
    Tensor ids = golden.get("in/ids");
    golden.assertClose("out/scores", model.forward(ids).value(), TOLERANCE);
    Variable loss = model.loss(ids);
    assertThat(loss.item()).isCloseTo(golden.get("out/loss").item(), within(1e-5));
    Gradients gradients = Autograd.backward(loss);
    // Gradients are stored under the published names, so a model is filled with them.
    CausalModel filled = new CausalModel(model.config(), Random.of(0));
    Map<String, Tensor> own = new LinkedHashMap<>();
    model.namedParameters().forEach((name, p) -> own.put(name, gradients.of(p)));
    filled.load(own);
    Golden expected = golden.under("grad/");
    assertThat(filled.publishedState().keySet())
        .containsExactlyInAnyOrderElementsOf(expected.tensors().keySet());
    filled
        .publishedState()
        .forEach((name, t) -> expected.assertClose(name, t, TOLERANCE, ROUNDING));
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", "image"})
  void samplingSeesTheSameScores(String kind) {
    Golden golden = Golden.read("gpt").under(kind + "/");
    CausalModel model = gpt(kind, golden);
    int[] ids = golden.get("in/ids").select(0, 1).toInts();
    Tensor whole = golden.get("out/scores").select(0, 1); // (T, V)
    CausalModel.Decoding decoding = model.decoding();
    for (int slot = 0; slot < ids.length; slot++) {
      boolean first = kind.equals("image") && slot == 0;
      int given = kind.equals("image") ? slot - 1 : slot;
      float[] scores = first ? decoding.begin() : decoding.next(ids[given]);
      assertThat(scores)
          .as("slot %d", slot)
          .containsExactly(whole.select(0, slot).toFloats(), within(2e-5f));
    }
    assertThat(decoding.slot()).isEqualTo(ids.length);
  }

  @Test
  void gpt2sWeightsAreRefusedWhereTheyDoNotFit() {
    Golden golden = Golden.read("gpt").under("text/");
    CausalModel model = gpt("text", golden);
    Map<String, Tensor> weights = new LinkedHashMap<>(golden.under("param/").tensors());
    Tensor removed = weights.remove("h.1.attn.c_attn.weight");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.loadPublished(weights))
        .withMessageContaining("h.1.attn.c_attn.weight is missing");
    weights.put("h.1.attn.c_attn.weight", removed);
    weights.put("lm_head.weight", removed);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.loadPublished(weights))
        .withMessageContaining("lm_head.weight");
  }

  @Test
  void clip() {
    Golden golden = Golden.read("clip");
    Clip.Config c =
        new Clip.Config(6, 8, 4, new Clip.Stack(12, 2, 3), new Clip.Stack(8, 2, 2), 11, 5);
    Clip model = new Clip(c, Random.of(0));
    model.load(golden.under("param/").tensors());
    Variable pictures = model.describePictures(Variable.of(golden.get("in/pixels")));
    Variable texts = model.describeTexts(golden.get("in/ids"));
    Variable scores = model.scores(pictures, texts);
    golden.assertClose("out/scores", scores.value(), TOLERANCE);
    Gradients gradients = Autograd.backward(scores, golden.get("in/dout").copy());
    golden.assertGradients(model, gradients, TOLERANCE, ROUNDING);
  }
}

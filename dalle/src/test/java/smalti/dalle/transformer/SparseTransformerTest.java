package smalti.dalle.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import smalti.autograd.Autograd;
import smalti.nn.Pass;
import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.Backends;

final class SparseTransformerTest {
  private static final int BATCH = 2;

  /// Of logits up to about 5, after six layers in single precision.
  private static final float TOLERANCE = 2e-5f;

  static List<TransformerConfig> configs() {
    return List.of(
        Models.SPARSE,
        Models.FULL,
        Models.SPARSE.withStyle(new Style(0.125, false, true, true, false)));
  }

  private static SparseTransformer.Logits logits(SparseTransformer m, Tensor text, Tensor image) {
    return Autograd.noGrad(() -> m.forward(text, image, Pass.inference()));
  }

  @ParameterizedTest
  @MethodSource("configs")
  void textIdsCannotComeOutAtImagePositionsNorImageIdsAtTextPositions(TransformerConfig c) {
    SparseTransformer.Logits y =
        logits(Models.model(c), Models.text(c, BATCH), Models.image(c, BATCH));
    assertThat(y.text().shape()).isEqualTo(Shape.of(BATCH, c.textLength(), c.textClasses()));
    assertThat(y.image().shape()).isEqualTo(Shape.of(BATCH, c.imageLength(), c.imageVocabulary()));
  }

  /// Changes each token in turn: the slots up to and including its own predict what they did, to
  /// the bit, and the next slot of its kind does not. Text before image, so both seams are passed.
  @ParameterizedTest
  @MethodSource("configs")
  void aTokenIsSeenByLaterSlotsOnly(TransformerConfig c) {
    SparseTransformer model = Models.model(c);
    Tensor text = Models.text(c, BATCH);
    Tensor image = Models.image(c, BATCH);
    SparseTransformer.Logits before = logits(model, text, image);
    for (int p = 0; p < c.length(); p++) {
      boolean isText = p < c.textLength();
      int at = isText ? p : p - c.textLength();
      Tensor otherText = isText ? changed(text, at, c.textVocabulary()) : text;
      Tensor otherImage = isText ? image : changed(image, at, c.imageVocabulary());
      SparseTransformer.Logits after = logits(model, otherText, otherImage);
      int textSame = isText ? p + 1 : c.textLength();
      assertSlotsEqual(before.text().value(), after.text().value(), textSame, p);
      assertSlotsEqual(before.image().value(), after.image().value(), isText ? 0 : at + 1, p);
      if (isText && at + 1 < c.textLength()) {
        assertSlotDiffers(before.text().value(), after.text().value(), at + 1, p);
        assertSlotDiffers(before.image().value(), after.image().value(), 0, p);
      } else if (!isText && at + 1 < c.imageLength()) {
        assertSlotDiffers(before.image().value(), after.image().value(), at + 1, p);
      }
    }
  }

  /// Returns tokens with those at one position replaced by the next of the vocabulary.
  private static Tensor changed(Tensor tokens, int position, int vocabulary) {
    Tensor out = tokens.copy();
    for (int b = 0; b < BATCH; b++) {
      int i = b * tokens.dim(1) + position;
      out.storage().set(i, ((int) out.storage().get(i) + 1) % vocabulary);
    }
    return out;
  }

  private static void assertSlotsEqual(Tensor a, Tensor b, int slots, int changed) {
    assertThat(b.slice(1, 0, slots).toFloats())
        .as("slots before %d, token %d changed", slots, changed)
        .containsExactly(a.slice(1, 0, slots).toFloats());
  }

  private static void assertSlotDiffers(Tensor a, Tensor b, int slot, int changed) {
    assertThat(b.select(1, slot).toFloats())
        .as("slot %d, token %d changed", slot, changed)
        .isNotEqualTo(a.select(1, slot).toFloats());
  }

  @ParameterizedTest
  @MethodSource("configs")
  void cachedScoresEqualThoseOfTheWholeStream(TransformerConfig c) {
    for (Backend backend : List.of(Backends.reference(), Backends.current())) {
      Backends.with(backend, () -> assertCachedEqualsWhole(c));
    }
  }

  private static void assertCachedEqualsWhole(TransformerConfig c) {
    SparseTransformer model = Models.model(c);
    Tensor text = Models.text(c, BATCH);
    Tensor image = Models.image(c, BATCH);
    Tensor whole = logits(model, text, image).image().value();
    SparseTransformer.Decoding decoding = model.read(text);
    Tensor previous = Tensor.of(new int[] {5, 5}, BATCH); // ignored
    for (int slot = 0; slot < c.imageLength(); slot++) {
      assertThat(decoding.imageSlot()).isEqualTo(slot);
      assertThat(decoding.next(previous).toFloats())
          .as("%s, slot %d", Backends.current().name(), slot)
          .containsExactly(whole.select(1, slot).toFloats(), within(TOLERANCE));
      previous = image.select(1, slot).contiguous();
    }
  }

  @Test
  void onePrefixServesSeveralCandidates() {
    TransformerConfig c = Models.SPARSE;
    SparseTransformer model = Models.model(c);
    Tensor text = Models.text(c, BATCH);
    int[] captions = {1, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0}; // more than a few rows
    Tensor image = Models.image(c, captions.length);
    Tensor texts =
        Tensor.cat(
            Arrays.stream(captions)
                .mapToObj(caption -> text.slice(0, caption, caption + 1))
                .toList(),
            0);
    Tensor whole = logits(model, texts, image).image().value();
    SparseTransformer.Decoding shared = model.read(text).select(captions);
    Tensor previous = Tensor.zeros(Shape.of(captions.length), DType.I32);
    for (int slot = 0; slot < c.imageLength(); slot++) {
      assertThat(shared.next(previous).toFloats())
          .containsExactly(whole.select(1, slot).toFloats(), within(TOLERANCE));
      previous = image.select(1, slot).contiguous();
    }
  }

  @Test
  void aPadReplacesTokenAndPosition() {
    TransformerConfig c = Models.FULL;
    SparseTransformer model = Models.model(c);
    Tensor padded = Tensor.of(c.padded(new int[] {1}), 1, c.textLength());
    Tensor unpadded = Tensor.of(new int[] {1, 2, 3, 4}, 1, c.textLength());
    Tensor image = Models.image(c, 1);
    float[] short1 = logits(model, padded, image).image().value().toFloats();
    float[] long1 = logits(model, unpadded, image).image().value().toFloats();
    Tensor positions = model.namedParameters().get("text_position.weight").value();
    for (int slot = 2; slot < c.textLength(); slot++) { // they receive pads; 1 receives a token
      for (int i = 0; i < c.width(); i++) {
        positions.storage().set(slot * c.width() + i, 9);
      }
    }
    assertThat(logits(model, padded, image).image().value().toFloats()).containsExactly(short1);
    assertThat(logits(model, unpadded, image).image().value().toFloats()).isNotEqualTo(long1);
  }

  @Test
  void theLossWeighsTextOneEighthAndImageSevenEighths() {
    TransformerConfig c = Models.SPARSE;
    Tensor text = Models.text(c, BATCH);
    Tensor image = Models.image(c, BATCH);
    SparseTransformer.Loss loss = Models.model(c).loss(text, image, Pass.inference());
    assertThat(loss.loss().item()).isCloseTo(loss.text() / 8 + 7 * loss.image() / 8, within(1e-5));
    SparseTransformer.Loss fresh =
        new SparseTransformer(c, Random.of(1)).loss(text, image, Pass.inference());
    assertThat(fresh.text())
        .as("output matrices begin at zero")
        .isCloseTo(Math.log(10), within(1e-5));
    assertThat(fresh.image()).isCloseTo(Math.log(7), within(1e-5));
  }

  /// Changes each image token in turn, with the same random numbers: in training later slots notice
  /// those that are not hidden, which are about the wanted share; in inference they notice all.
  @Test
  void trainingHidesTheWantedShareOfImageTokensFromLaterSlots() {
    double hidden = 0.3;
    TransformerConfig c = Models.withTokenDropout(hidden);
    SparseTransformer model = Models.model(c);
    Tensor text = Models.text(c, BATCH);
    Tensor image = Models.image(c, BATCH);
    int draws = 20;
    int noticed = 0;
    for (int seed = 0; seed < draws; seed++) {
      noticed += noticed(model, text, image, Pass.training(Random.of(seed)));
    }
    int inputs = BATCH * (c.imageLength() - 1);
    double share = (double) noticed / (draws * inputs);
    assertThat(share).isCloseTo(1 - hidden, within(0.1)); // 4 standard deviations
    assertThat(noticed(model, text, image, Pass.inference())).isEqualTo(inputs);
  }

  /// Counts the image tokens on which the slot after them depends.
  private static int noticed(SparseTransformer model, Tensor text, Tensor image, Pass pass) {
    TransformerConfig c = model.config();
    Tensor before = model.forward(text, image, pass).image().value();
    int count = 0;
    for (int p = 0; p + 1 < c.imageLength(); p++) {
      Tensor other = changed(image, p, c.imageVocabulary());
      Tensor after = model.forward(text, other, pass).image().value();
      for (int b = 0; b < BATCH; b++) {
        float[] now = after.select(0, b).select(0, p + 1).toFloats();
        count += Arrays.equals(now, before.select(0, b).select(0, p + 1).toFloats()) ? 0 : 1;
      }
    }
    return count;
  }

  @Test
  void namesAreThoseOfTheLayers() {
    assertThat(Models.model(Models.FULL).namedParameters().keySet())
        .hasSize(7 + 2 * 12 + 6)
        .contains(
            "start_of_text",
            "start_of_image",
            "text.weight",
            "text_position.weight",
            "image.weight",
            "row.weight",
            "column.weight",
            "resblocks.1.ln_1.weight",
            "resblocks.1.attn.in_proj_weight",
            "resblocks.1.attn.in_proj_bias",
            "resblocks.1.attn.out_proj.weight",
            "resblocks.1.mlp.c_fc.weight",
            "resblocks.1.mlp.c_proj.bias",
            "ln_final.weight",
            "text_logits.weight",
            "image_logits.bias");
  }

  @Test
  void theSmallestStreamHasOneSlotOfEachKind() {
    TransformerConfig c =
        new TransformerConfig(1, 3, 1, 2, 4, 1, 1, TransformerConfig.Attention.SPARSE, 1, 0, 0);
    SparseTransformer model = Models.model(c);
    Tensor text = Models.text(c, BATCH);
    Tensor whole = logits(model, text, Models.image(c, BATCH)).image().value();
    assertThat(whole.shape()).isEqualTo(Shape.of(BATCH, 1, 2));
    assertThat(model.read(text).next(Tensor.of(new int[] {0, 0}, 2)).toFloats())
        .containsExactly(whole.toFloats(), within(TOLERANCE));
  }
}

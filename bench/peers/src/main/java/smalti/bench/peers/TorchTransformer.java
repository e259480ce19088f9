package smalti.bench.peers;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import smalti.bench.Models;
import smalti.dalle.transformer.LayerPlan;
import smalti.dalle.transformer.TransformerConfig;
import smalti.tensor.AttentionPattern;

/// Is [smalti.dalle.transformer.SparseTransformer] written with libtorch, with the same weights.
final class TorchTransformer {
  final TransformerConfig config;
  final Map<String, Tensor> parameters = new LinkedHashMap<>();
  final BlasThreads blas;

  /// The mask of each layer, (T, T); empty where plain causality is enough.
  final List<TensorOptional> masks = new ArrayList<>();

  /// @param blas the threads of OpenBLAS in attention and elsewhere
  TorchTransformer(TransformerConfig config, BlasThreads blas) {
    this.config = config;
    this.blas = blas;
    Models.transformer(config)
        .namedParameters()
        .forEach((name, p) -> parameters.put(name, Torch.leaf(p.value())));
    Map<AttentionPattern, Tensor> made = new LinkedHashMap<>();
    for (AttentionPattern pattern : LayerPlan.of(config)) {
      masks.add(
          pattern instanceof AttentionPattern.Causal
              ? new TensorOptional()
              : Torch.optional(
                  made.computeIfAbsent(pattern, p -> TorchOps.mask(p, config.length()))));
    }
  }

  Tensor parameter(String name) {
    return Objects.requireNonNull(parameters.get(name), name);
  }

  /// Returns the training step on a batch.
  TorchStep.Model step(int batch) {
    Tensor text = Torch.copy(Models.text(config, batch));
    Tensor image = Torch.copy(Models.image(config, batch));
    return new TorchStep.Model(parameters, step -> loss(text, image));
  }

  private Tensor loss(Tensor text, Tensor image) {
    Tensor x = torch.cat(new TensorVector(embedText(text), embedImage(image)), 1); // (B, T+I, C)
    for (int i = 0; i < config.layers(); i++) {
      x = block(i, x);
    }
    Tensor y = norm("ln_final", x);
    int split = config.textLength();
    Tensor textScores = linear("text_logits", y.narrow(1, 0, split)); // (B, T, V)
    Tensor imageScores = linear("image_logits", y.narrow(1, split, config.imageLength()));
    Tensor ofText =
        torch.cross_entropy_loss(textScores.reshape(-1, config.textClasses()), text.reshape(-1));
    Tensor ofImage =
        torch.cross_entropy_loss(
            imageScores.reshape(-1, config.imageVocabulary()), image.reshape(-1));
    return ofText.mul(Torch.scalar(1.0 / 8)).add(ofImage.mul(Torch.scalar(7.0 / 8)));
  }

  Tensor embedText(Tensor tokens) {
    Tensor before = tokens.narrow(1, 0, config.textLength() - 1); // (B, T−1)
    return shifted("start_of_text", "text.weight", before)
        .add(parameter("text_position.weight")); // (B, T, C)
  }

  private Tensor embedImage(Tensor tokens) {
    Tensor before = tokens.narrow(1, 0, config.imageLength() - 1); // (B, I−1)
    return shifted("start_of_image", "image.weight", before).add(places()); // (B, I, C)
  }

  private Tensor shifted(String start, String embedding, Tensor before) {
    Tensor first = parameter(start).expand(before.size(0), 1, config.width());
    return torch.cat(new TensorVector(first, torch.embedding(parameter(embedding), before)), 1);
  }

  /// Returns the sum of row and column embeddings of each image slot, (I, C).
  Tensor places() {
    Tensor rows = parameter("row.weight").unsqueeze(1); // (S, 1, C)
    Tensor columns = parameter("column.weight").unsqueeze(0); // (1, S, C)
    return rows.add(columns).reshape(config.imageLength(), config.width());
  }

  private Tensor block(int i, Tensor x) {
    String name = "resblocks." + i;
    Tensor qkv = project(name, x); // (B, T, 3C)
    TensorOptional mask = masks.get(i);
    Tensor y = attend(heads(qkv, 0), heads(qkv, 1), heads(qkv, 2), mask, !mask.has_value());
    return branches(name, x, y);
  }

  /// Attends, (B, H, T, D).
  Tensor attend(Tensor q, Tensor k, Tensor v, TensorOptional mask, boolean causal) {
    blas.inAttention();
    Tensor y =
        torch.scaled_dot_product_attention(q, k, v, mask, 0, causal, new DoubleOptional(), false);
    blas.elsewhere();
    if (y.requires_grad()) {
      blas.alsoInGradients(q, y);
    }
    return y;
  }

  Tensor project(String name, Tensor x) {
    return torch.linear(
        norm(name + ".ln_1", x),
        parameter(name + ".attn.in_proj_weight"),
        Torch.optional(parameter(name + ".attn.in_proj_bias")));
  }

  /// Returns queries (0), keys (1) or values (2), (B, H, T, D).
  Tensor heads(Tensor qkv, int which) {
    int width = config.width();
    return qkv.narrow(2, (long) which * width, width)
        .view(qkv.size(0), qkv.size(1), config.heads(), width / config.heads())
        .transpose(1, 2);
  }

  /// Adds both branches of a block to the stream, the first from its heads.
  Tensor branches(String name, Tensor x, Tensor attended) {
    Tensor merged =
        attended.transpose(1, 2).reshape(x.size(0), x.size(1), config.width()); // (B, T, C)
    Tensor y = x.add(linear(name + ".attn.out_proj", merged));
    Tensor hidden = linear(name + ".mlp.c_fc", norm(name + ".ln_2", y)); // (B, T, 4C)
    Tensor active = hidden.mul(hidden.mul(Torch.scalar(1.702)).sigmoid());
    return y.add(linear(name + ".mlp.c_proj", active));
  }

  Tensor linear(String name, Tensor x) {
    return torch.linear(x, parameter(name + ".weight"), Torch.optional(parameter(name + ".bias")));
  }

  Tensor norm(String name, Tensor x) {
    return torch.layer_norm(
        x,
        new long[] {config.width()},
        Torch.optional(parameter(name + ".weight")),
        Torch.optional(parameter(name + ".bias")),
        1e-5,
        false);
  }
}

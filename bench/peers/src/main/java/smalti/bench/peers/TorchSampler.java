package smalti.bench.peers;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import smalti.bench.Models;
import smalti.bench.Task;
import smalti.bench.Work;
import smalti.dalle.transformer.TransformerConfig;

/// Samples with libtorch and a plain cache of keys and values: memory for all positions, one step a
/// token, the caption read once for all candidates.
final class TorchSampler implements Task {
  private final TorchTransformer model;
  private final TransformerConfig config;
  private final int candidates;
  private final Tensor caption;
  private final Tensor given;
  private final Tensor drawn;
  private final List<Tensor> keys = new ArrayList<>();
  private final List<Tensor> values = new ArrayList<>();

  TorchSampler(Work.Sample w, BlasThreads blas) {
    model = new TorchTransformer(w.config(), blas);
    config = w.config();
    candidates = w.candidates();
    caption = Torch.copy(w.caption()).unsqueeze(0); // (1, T)
    given = Torch.copy(Models.image(config, candidates)); // (N, I)
    drawn = given.select(1, 0).clone(); // (N)
    int width = config.width() / config.heads();
    for (int i = 0; i < config.layers(); i++) {
      keys.add(torch.empty(candidates, config.heads(), config.length(), width));
      values.add(torch.empty(candidates, config.heads(), config.length(), width));
    }
  }

  @Override
  public void run() {
    try (NoGradGuard _ = new NoGradGuard()) {
      read();
      for (int slot = 0; slot < config.imageLength(); slot++) {
        try (PointerScope _ = new PointerScope()) {
          drawn.copy_(next(drawn, slot).softmax(-1).multinomial(1).squeeze(1)); // (N)
        }
      }
    }
  }

  /// Returns the scores of every position when the tokens are given.
  @Override
  public List<float[]> results() {
    List<float[]> results = new ArrayList<>();
    try (NoGradGuard _ = new NoGradGuard()) {
      read();
      for (int slot = 0; slot < config.imageLength(); slot++) {
        try (PointerScope _ = new PointerScope()) {
          results.add(Torch.numbers(next(given.select(1, Math.max(slot - 1, 0)), slot)));
        }
      }
    }
    return results;
  }

  /// Reads the caption once and copies its keys and values to all candidates.
  private void read() {
    try (PointerScope _ = new PointerScope()) {
      int length = config.textLength();
      Tensor x = model.embedText(caption); // (1, T, C)
      for (int i = 0; i < config.layers(); i++) {
        String name = "resblocks." + i;
        Tensor qkv = model.project(name, x);
        Tensor k = model.heads(qkv, 1); // (1, H, T, D)
        Tensor v = model.heads(qkv, 2);
        keys.get(i).narrow(2, 0, length).copy_(k);
        values.get(i).narrow(2, 0, length).copy_(v);
        Tensor y = // text sees text plainly in every pattern
            model.attend(model.heads(qkv, 0), k, v, new TensorOptional(), true);
        x = model.branches(name, x, y);
      }
    }
  }

  /// Returns the scores of an image slot, (N, K).
  private Tensor next(Tensor previous, int slot) {
    Tensor token =
        slot == 0
            ? model.parameter("start_of_image").expand(candidates, config.width())
            : torch.embedding(model.parameter("image.weight"), previous); // (N, C)
    Tensor place =
        model
            .parameter("row.weight")
            .select(0, slot / config.gridSize())
            .add(model.parameter("column.weight").select(0, slot % config.gridSize()));
    Tensor x = token.add(place).unsqueeze(1); // (N, 1, C)
    int position = config.textLength() + slot;
    for (int i = 0; i < config.layers(); i++) {
      String name = "resblocks." + i;
      Tensor qkv = model.project(name, x); // (N, 1, 3C)
      keys.get(i).narrow(2, position, 1).copy_(model.heads(qkv, 1));
      values.get(i).narrow(2, position, 1).copy_(model.heads(qkv, 2));
      Tensor y =
          model.attend(
              model.heads(qkv, 0),
              keys.get(i).narrow(2, 0, position + 1),
              values.get(i).narrow(2, 0, position + 1),
              row(i, position),
              false); // (N, H, 1, D)
      x = model.branches(name, x, y);
    }
    return model.linear("image_logits", model.norm("ln_final", x)).squeeze(1);
  }

  /// Returns what a position sees in a layer, (1, position + 1); empty where it is everything.
  private TensorOptional row(int layer, int position) {
    TensorOptional mask = model.masks.get(layer);
    return mask.has_value()
        ? Torch.optional(mask.get().narrow(0, position, 1).narrow(1, 0, position + 1))
        : mask;
  }
}

package smalti.dalle.plan;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import smalti.dalle.plan.VaeLayers.Block;
import smalti.dalle.vae.VaeConfig;

/// Counts the bytes of tensors that are alive at the worst moment of an update of a discrete VAE on
/// this library's own engine, all in 32 bits: what [EngineMemory] is for the transformer.
///
/// @param parameters of encoder and decoder
/// @param gradients of all parameters
/// @param moments both of Adam's
/// @param average of the parameters
/// @param activations saved by the forward pass
/// @param peak alive at the worst moment
/// @param worst says which moment that is
public record VaeMemory(
    long parameters,
    long gradients,
    long moments,
    long average,
    long activations,
    long peak,
    String worst) {
  private static final long BYTES = 4;

  /// Tensors of the size of the pictures that the likelihood saves.
  private static final long LIKELIHOOD = 8;

  /// Counts.
  ///
  /// @param batch pictures of an update
  public static VaeMemory of(VaeConfig c, int batch) {
    VaeLayers layers = VaeLayers.of(c);
    long p = VaeLayers.parameters(layers.encoder()) + VaeLayers.parameters(layers.decoder());
    long pixels = (long) batch * c.imageSize() * c.imageSize();
    long codes = (long) batch * c.tokens() * c.vocabulary();
    Map<String, Long> saved = new LinkedHashMap<>();
    Map<String, Block> blocks = new LinkedHashMap<>();
    for (List<Block> half : List.of(layers.encoder(), layers.decoder())) {
      for (Block block : half) {
        saved.put(block.name(), batch * saved(block));
        blocks.put(block.name(), block);
      }
    }
    // Beyond its input, the encoder's output has the logits before their gain, with noise, relaxed
    // (the decoder's input), and q and ln q of the divergence. Three more of this size were found
    // alive by measuring.
    saved.merge("encoder output", (c.scales().logitGain() == 1 ? 6 : 7) * codes, Long::sum);
    // The likelihood: pixels, their logits, ln b before and after its floor, and |Δ|'s factors.
    saved.merge("decoder output", 3 * LIKELIHOOD * pixels, Long::sum);
    long all = saved.values().stream().mapToLong(Long::longValue).sum();
    Map<String, Long> moments = new LinkedHashMap<>();
    long below = all;
    long above = 0;
    for (Map.Entry<String, Long> unit : saved.entrySet().stream().toList().reversed()) {
      Block block = Objects.requireNonNull(blocks.get(unit.getKey()));
      moments.put(unit.getKey(), below + above + batch * working(block));
      below -= unit.getValue();
      above += block.parameters();
    }
    moments.put("the optimiser", p + layers.largest());
    Map.Entry<String, Long> worst =
        moments.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow();
    return new VaeMemory(
        BYTES * p,
        BYTES * p,
        BYTES * 2 * p,
        BYTES * p,
        BYTES * all,
        BYTES * (4 * p + worst.getValue()),
        worst.getKey());
  }

  /// Returns what a block saves of a picture: its input before and after the relu, each of the
  /// three inner results before and after, and the branch's result before the gain; before a
  /// pooling also the block's own result. A single convolution saves its input, after a relu both.
  private static long saved(Block block) {
    long area = (long) block.side() * block.side();
    if (block.single()) {
      return area
          * switch (block.name()) {
            case "encoder output" -> 3 * block.in();
            case "decoder output" -> 2 * block.in();
            default -> block.in();
          };
    }
    long pooled = block.factor() < 1 ? block.out() : 0;
    return area * (2 * block.in() + 6 * block.inner() + block.out() + pooled);
  }

  /// Returns what is alive of a picture's gradients while a block goes backward, and of the arrays
  /// that the backward pass keeps to lend again.
  private static long working(Block block) {
    long area = (long) block.side() * block.side();
    return block.name().equals("encoder output")
        ? area * (5 * block.out() + 2 * block.in())
        : area * (5 * block.out() + 2 * block.in() + 2 * block.inner());
  }
}

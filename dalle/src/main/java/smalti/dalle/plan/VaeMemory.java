package smalti.dalle.plan;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
/// @param peak alive at the worst moment, the optimiser
public record VaeMemory(
    long parameters, long gradients, long moments, long average, long activations, long peak) {
  private static final long BYTES = 4;

  /// Tensors of the size of the pictures that the likelihood saves, and all that it makes.
  private static final long LIKELIHOOD = 8;

  private static final long LIKELIHOOD_MADE = 20;

  /// Tensors of the size of the codes' logits that are made beyond those that are saved: noise,
  /// parts of the divergence, gradients. Found by measuring.
  private static final long CODES_MADE = 12;

  /// Counts.
  ///
  /// @param batch pictures of an update
  public static VaeMemory of(VaeConfig c, int batch) {
    VaeLayers layers = VaeLayers.of(c);
    long p = VaeLayers.parameters(layers.encoder()) + VaeLayers.parameters(layers.decoder());
    long pixels = (long) batch * c.imageSize() * c.imageSize();
    long codes = (long) batch * c.tokens() * c.vocabulary();
    long saved = 0;
    long scaled = 0;
    Map<Integer, Long> gradients = new LinkedHashMap<>();
    for (List<Block> half : List.of(layers.encoder(), layers.decoder())) {
      for (Block block : half) {
        saved += batch * saved(block);
        scaled += scaled(block);
        gradients.merge(block.side(), batch * working(block), Math::max);
      }
    }
    // Beyond its input, the encoder's output has the logits before their gain, with noise, relaxed
    // (the decoder's input), and q and ln q of the divergence. Three more of this size were found
    // alive by measuring.
    saved += (c.scales().logitGain() == 1 ? 6 : 7) * codes;
    // The likelihood: pixels, their logits, ln b before and after its floor, and |Δ|'s factors.
    saved += 3 * LIKELIHOOD * pixels;
    // Arrays of a step wait for its end, and those of gradients and of what a block makes and gives
    // up are lent again to maps of the same size: the end is the worst moment.
    long end =
        saved
            + CODES_MADE * codes
            + LIKELIHOOD_MADE * pixels
            + gradients.values().stream().mapToLong(Long::longValue).sum()
            + scaled
            + p
            + layers.largest();
    return new VaeMemory(
        BYTES * p, BYTES * p, BYTES * 2 * p, BYTES * p, BYTES * saved, BYTES * (4 * p + end));
  }

  /// Returns what a block saves of a picture: its input after the relu, and before it where a
  /// convolution of its own makes the identity path; the three inner results after the relu; before
  /// a pooling also the block's own result. A single convolution saves its input, the encoder's
  /// last also the input's transposed copy.
  private static long saved(Block block) {
    long area = (long) block.side() * block.side();
    if (block.single()) {
      return area * (block.name().equals("encoder output") ? 2 : 1) * block.in();
    }
    boolean widens = block.convs().size() > 4;
    long pooled = block.factor() < 1 ? block.out() : 0;
    return area * ((widens ? 2 : 1) * block.in() + 3 * block.inner() + pooled);
  }

  /// Returns what a block's gain takes: it is multiplied into the last convolution of the branch,
  /// whose weights so scaled have a gradient of their own.
  private static long scaled(Block block) {
    return block.single() ? 0 : 2 * block.convs().get(3).parameters();
  }

  /// Returns what the gradients of a picture take while a residual block goes backward, and what it
  /// made and gave up before.
  private static long working(Block block) {
    long area = (long) block.side() * block.side();
    return block.single() ? 0 : area * (7 * block.out() + 2 * block.in() + 2 * block.inner());
  }
}

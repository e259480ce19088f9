package smalti.dalle.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import smalti.dalle.vae.VaeConfig;

/// Lists the convolutions of a discrete VAE, from the pictures to the maps, as `Encoder`,
/// `ResidualBlock` and `Decoder` make them.
///
/// @param encoder its blocks in order; the first and the last are single convolutions
/// @param decoder its blocks in order; the first and the last are single convolutions
record VaeLayers(List<Block> encoder, List<Block> decoder) {
  /// Is a convolution that keeps the size of its images.
  ///
  /// @param in channels before
  /// @param out channels after
  /// @param kernel side of its windows
  record Conv(long in, long out, long kernel) {
    long weights() {
      return in * out * kernel * kernel;
    }

    long parameters() {
      return weights() + out;
    }
  }

  /// Is a residual block, or a single convolution.
  ///
  /// @param side of its images, in pixels
  /// @param convs of the branch, and of the identity path where it has one
  /// @param factor by which its result is made smaller (below 1) or larger afterwards
  record Block(String name, int side, List<Conv> convs, double factor) {
    long parameters() {
      return convs.stream().mapToLong(Conv::parameters).sum();
    }

    /// Returns the multiplications of one picture.
    long multiplications() {
      return convs.stream().mapToLong(Conv::weights).sum() * side * side;
    }

    boolean single() {
      return convs.size() == 1;
    }

    long in() {
      return convs.getFirst().in();
    }

    /// Returns the channels of its result.
    long out() {
      return single() ? convs.getFirst().out() : convs.get(3).out();
    }

    /// Returns the channels within a branch.
    long inner() {
      return convs.getFirst().out();
    }
  }

  static VaeLayers of(VaeConfig c) {
    List<Block> encoder = new ArrayList<>();
    int side = c.imageSize();
    encoder.add(single("encoder input", side, 3, c.hidden(), c.inputKernel()));
    long in = c.hidden();
    for (int g = 1; g <= c.groups(); g++) {
      long out = (long) c.hidden() << (g - 1);
      boolean halves = g < c.groups();
      in =
          group(
              encoder,
              "encoder group " + g,
              side,
              in,
              out,
              c,
              new int[] {3, 3, 3, 1},
              halves ? 0.5 : 1);
      side = halves ? side / 2 : side;
    }
    encoder.add(single("encoder output", side, in, c.vocabulary(), 1));
    List<Block> decoder = new ArrayList<>();
    decoder.add(single("decoder input", side, c.vocabulary(), c.codeWidth(), 1));
    in = c.codeWidth();
    for (int g = 1; g <= c.groups(); g++) {
      long out = (long) c.hidden() << (c.groups() - g);
      boolean doubles = g < c.groups();
      in =
          group(
              decoder,
              "decoder group " + g,
              side,
              in,
              out,
              c,
              new int[] {1, 3, 3, 3},
              doubles ? 2 : 1);
      side = doubles ? side * 2 : side;
    }
    decoder.add(single("decoder output", side, in, 6, 1));
    return new VaeLayers(List.copyOf(encoder), List.copyOf(decoder));
  }

  private static Block single(String name, int side, long in, long out, int kernel) {
    return new Block(name, side, List.of(new Conv(in, out, kernel)), 1);
  }

  /// Adds a group's blocks and returns its width.
  private static long group(
      List<Block> to,
      String name,
      int side,
      long in,
      long out,
      VaeConfig c,
      int[] kernels,
      double factor) {
    long from = in;
    for (int b = 1; b <= c.blocksPerGroup(); b++) {
      List<Conv> convs = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        convs.add(new Conv(i == 0 ? from : out / 4, i == 3 ? out : out / 4, kernels[i]));
      }
      if (from != out) {
        convs.add(new Conv(from, out, 1));
      }
      boolean last = b == c.blocksPerGroup();
      to.add(new Block(name + " block " + b, side, List.copyOf(convs), last ? factor : 1));
      from = out;
    }
    return out;
  }

  static long parameters(List<Block> blocks) {
    return blocks.stream().mapToLong(Block::parameters).sum();
  }

  static long multiplications(List<Block> blocks) {
    return blocks.stream().mapToLong(Block::multiplications).sum();
  }

  /// Returns the largest parameter.
  long largest() {
    return Stream.concat(encoder.stream(), decoder.stream())
        .flatMap(b -> b.convs().stream())
        .mapToLong(Conv::weights)
        .max()
        .orElseThrow();
  }
}

package smalti.dalle.vae;

import java.util.ArrayList;
import java.util.List;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.nn.Pass;
import smalti.nn.layer.Layer;
import smalti.tensor.Random;

/// Turns codes, one-hot or relaxed, into the six maps of the logit-Laplace distribution: (B, h·w,
/// K) to (B, 6, H, W). Parameter names and shapes are those of the published `decoder.pkl`.
public final class Decoder extends Layer {
  private final VaeConfig config;
  private final Conv input;
  private final List<List<ResidualBlock>> groups = new ArrayList<>();
  private final Conv output;

  /// Makes a decoder.
  public Decoder(VaeConfig c, Random random) {
    config = c;
    input =
        child(
            "blocks.input",
            new Conv(
                c.vocabulary(), c.codeWidth(), 1, c.scales().codeStd(), random.split("input")));
    int in = c.codeWidth();
    for (int g = 1; g <= c.groups(); g++) {
      int out = c.width(c.groups() + 1 - g);
      List<ResidualBlock> group = new ArrayList<>();
      for (int b = 1; b <= c.blocksPerGroup(); b++) {
        String name = "group_%d.block_%d".formatted(g, b);
        ResidualBlock block =
            ResidualBlock.decoder(in, out, c.scales().decoderGain(), random.split(name));
        group.add(child("blocks." + name, block));
        in = out;
      }
      groups.add(group);
    }
    output = child("blocks.output.conv", new Conv(in, 6, 1, random.split("output")));
  }

  @Override
  public Variable forward(Variable codes, Pass pass) {
    int side = config.gridSize();
    Variable y =
        input
            .pointwise(codes) // (B, h·w, n_init)
            .transpose(1, 2)
            .reshape(codes.dim(0), config.codeWidth(), side, side);
    for (int g = 0; g < groups.size(); g++) {
      for (ResidualBlock block : groups.get(g)) {
        y = Autograd.instead(y, block.forward(y, pass));
      }
      if (g < groups.size() - 1) {
        y = Autograd.instead(y, y.upsampleNearest2d(2));
      }
    }
    return output.forward(Autograd.instead(y, y.relu()), pass); // (B, 6, H, W)
  }
}

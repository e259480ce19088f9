package smalti.dalle.vae;

import java.util.ArrayList;
import java.util.List;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.nn.Pass;
import smalti.nn.layer.Layer;
import smalti.tensor.Random;

/// Turns pictures into logits over the codebook: (B, 3, H, W) to (B, h·w, K). Parameter names and
/// shapes are those of the published `encoder.pkl`.
public final class Encoder extends Layer {
  private final VaeConfig.Scales scales;
  private final Conv input;
  private final List<List<ResidualBlock>> groups = new ArrayList<>();
  private final Conv output;

  /// Makes an encoder.
  public Encoder(VaeConfig c, Random random) {
    scales = c.scales();
    input = child("blocks.input", new Conv(3, c.hidden(), c.inputKernel(), random.split("input")));
    int in = c.hidden();
    for (int g = 1; g <= c.groups(); g++) {
      List<ResidualBlock> group = new ArrayList<>();
      for (int b = 1; b <= c.blocksPerGroup(); b++) {
        String name = "group_%d.block_%d".formatted(g, b);
        ResidualBlock block =
            ResidualBlock.encoder(in, c.width(g), c.scales().encoderGain(), random.split(name));
        group.add(child("blocks." + name, block));
        in = c.width(g);
      }
      groups.add(group);
    }
    output = child("blocks.output.conv", new Conv(in, c.vocabulary(), 1, random.split("output")));
  }

  @Override
  public Variable forward(Variable x, Pass pass) {
    Variable seen = scales.centred() ? x.sub(0.5).mul(1 / 0.4) : x;
    Variable y = input.forward(seen, pass); // (B, n_hid, H, W)
    for (int g = 0; g < groups.size(); g++) {
      for (ResidualBlock block : groups.get(g)) {
        y = Autograd.instead(y, block.forward(y, pass));
      }
      if (g < groups.size() - 1) {
        y = Autograd.instead(y, y.maxPool2d(2));
      }
    }
    int positions = y.dim(2) * y.dim(3);
    Variable positive = Autograd.instead(y, y.relu());
    Variable features = positive.reshape(y.dim(0), y.dim(1), positions).transpose(1, 2);
    Variable logits = output.pointwise(features); // (B, h·w, K)
    return scales.logitGain() == 1 ? logits : logits.mul(scales.logitGain());
  }
}

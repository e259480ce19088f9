package smalti.dalle.vae;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.nn.Pass;
import smalti.nn.layer.Layer;
import smalti.tensor.Random;

/// Adds a bottleneck branch of four convolutions, each after a relu and the whole scaled by a small
/// gain, to its input: (B, in, H, W) to (B, out, H, W). Where the widths differ the input goes
/// through a 1×1 convolution, `id_path`.
///
/// The gain is taken into the last convolution's weights: the same but for rounding, and no result
/// or gradient of a picture's size is passed over for it.
final class ResidualBlock extends Layer {
  private final @Nullable Conv idPath;
  private final Conv[] branch = new Conv[4];
  private final double gain;

  private ResidualBlock(int in, int out, int[] kernels, double gain, Random random) {
    int inner = out / 4;
    this.gain = gain;
    this.idPath = in == out ? null : child("id_path", new Conv(in, out, 1, random.split("id")));
    for (int i = 0; i < 4; i++) {
      Conv conv = new Conv(i == 0 ? in : inner, i == 3 ? out : inner, kernels[i], random.split(i));
      branch[i] = child("res_path.conv_" + (i + 1), conv);
    }
  }

  /// Returns the encoder's block: kernels 3, 3, 3, 1.
  static ResidualBlock encoder(int in, int out, double gain, Random random) {
    return new ResidualBlock(in, out, new int[] {3, 3, 3, 1}, gain, random);
  }

  /// Returns the decoder's block: kernels 1, 3, 3, 3.
  static ResidualBlock decoder(int in, int out, double gain, Random random) {
    return new ResidualBlock(in, out, new int[] {1, 3, 3, 3}, gain, random);
  }

  @Override
  public Variable forward(Variable x, Pass pass) {
    List<Variable> parameters = new ArrayList<>();
    for (int i = 0; i < branch.length; i++) {
      parameters.addAll(branch[i].scaled(i == branch.length - 1 ? gain : 1));
    }
    if (idPath == null) {
      return x.reluConv2dChain(true, parameters); // (B, out, H, W)
    }
    Variable y = x.reluConv2dChain(false, parameters);
    Variable id = idPath.forward(x, pass);
    return Autograd.instead(id, Autograd.instead(y, id.add(y)));
  }
}

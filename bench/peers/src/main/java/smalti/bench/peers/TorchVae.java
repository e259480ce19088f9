package smalti.bench.peers;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import smalti.bench.Models;
import smalti.bench.Work;
import smalti.dalle.vae.LogitLaplace;
import smalti.dalle.vae.VaeConfig;

/// Is [smalti.dalle.vae.DiscreteVae] written with libtorch, with the same weights.
final class TorchVae {
  private static final long[] ONE = {1, 1};

  private final VaeConfig config;
  private final Map<String, Tensor> parameters = new LinkedHashMap<>();

  private TorchVae(VaeConfig config, MemoryFormat format) {
    this.config = config;
    Models.vae(config)
        .namedParameters()
        .forEach((name, p) -> parameters.put(name, leaf(p.value(), format)));
  }

  /// Returns the training step with pictures and filters in a memory format.
  static TorchStep.Model step(Work.VaeStep w, MemoryFormat format) {
    TorchVae vae = new TorchVae(w.config(), format);
    Tensor pixels = Torch.copy(w.pixels()).contiguous(format);
    Tensor noise = Torch.copy(w.noise()); // (B, h·w, K)
    return new TorchStep.Model(
        vae.parameters, step -> vae.loss(pixels, step == 0 ? noise : gumbel(noise)));
  }

  private static Tensor leaf(smalti.tensor.Tensor x, MemoryFormat format) {
    Tensor copy = Torch.copy(x);
    return (x.rank() == 4 ? copy.contiguous(format) : copy).requires_grad_(true);
  }

  /// Draws Gumbel noise as `torch.nn.functional.gumbel_softmax` does.
  private static Tensor gumbel(Tensor like) {
    return torch.empty_like(like).exponential_().log().neg();
  }

  private Tensor loss(Tensor pixels, Tensor noise) {
    double range = 1 - 2 * LogitLaplace.EPSILON;
    Tensor squeezed = add(times(pixels, range), LogitLaplace.EPSILON);
    Tensor logits = encode(squeezed); // (B, h·w, K)
    Tensor codes = torch.softmax(times(logits.add(noise), 1 / Work.VaeStep.TAU), -1);
    Tensor nll = negativeLogLikelihood(decode(codes), squeezed);
    int k = config.vocabulary();
    Tensor lnQ = torch.log_softmax(logits, -1);
    Tensor kl = add(times(lnQ.exp().mul(lnQ).sum(), (double) k / logits.numel()), Math.log(k));
    double perToken = 3.0 * config.factor() * config.factor();
    return nll.add(times(kl, Work.VaeStep.BETA / perToken));
  }

  private static Tensor negativeLogLikelihood(Tensor maps, Tensor x) {
    Tensor rest = add(x.neg(), 1);
    Tensor odds = x.log().sub(rest.log());
    Tensor volume = x.mul(rest).log();
    Tensor mu = maps.narrow(1, 0, 3);
    Tensor lnB = maps.narrow(1, 3, 3).clamp_min(Torch.scalar(Work.VaeStep.FLOOR));
    Tensor delta = odds.sub(mu).abs().mul(lnB.neg().exp());
    return add(delta.add(lnB).mean().add(volume.mean()), Math.log(2));
  }

  private Tensor encode(Tensor x) {
    Tensor y = conv("encoder.blocks.input", x);
    for (int g = 1; g <= config.groups(); g++) {
      for (int b = 1; b <= config.blocksPerGroup(); b++) {
        y = block("encoder", g, b, y, config.scales().encoderGain());
      }
      if (g < config.groups()) {
        y = torch.max_pool2d(y, 2, 2);
      }
    }
    long positions = y.size(2) * y.size(3);
    Tensor features = y.relu().reshape(y.size(0), y.size(1), positions).transpose(1, 2);
    return pointwise("encoder.blocks.output.conv", features);
  }

  private Tensor decode(Tensor codes) {
    int side = config.gridSize();
    Tensor y =
        pointwise("decoder.blocks.input", codes)
            .transpose(1, 2)
            .reshape(codes.size(0), config.codeWidth(), side, side);
    for (int g = 1; g <= config.groups(); g++) {
      for (int b = 1; b <= config.blocksPerGroup(); b++) {
        y = block("decoder", g, b, y, config.scales().decoderGain());
      }
      if (g < config.groups()) {
        y = torch.upsample_nearest2d(y, y.size(2) * 2, y.size(3) * 2);
      }
    }
    return conv("decoder.blocks.output.conv", y.relu());
  }

  private Tensor block(String part, int group, int number, Tensor x, double gain) {
    String name = "%s.blocks.group_%d.block_%d.".formatted(part, group, number);
    Tensor y = x;
    for (int i = 1; i <= 4; i++) {
      y = conv(name + "res_path.conv_" + i, y.relu());
    }
    Tensor id = parameters.containsKey(name + "id_path.w") ? conv(name + "id_path", x) : x;
    return id.add(times(y, gain));
  }

  private Tensor conv(String name, Tensor x) {
    Tensor w = parameter(name + ".w");
    long padding = (w.size(2) - 1) / 2;
    return torch.conv2d(
        x, w, Torch.optional(parameter(name + ".b")), ONE, new long[] {padding, padding}, ONE, 1);
  }

  private Tensor pointwise(String name, Tensor x) {
    Tensor w = parameter(name + ".w");
    return torch.linear(x, w.reshape(w.size(0), w.size(1)), Torch.optional(parameter(name + ".b")));
  }

  private Tensor parameter(String name) {
    return Objects.requireNonNull(parameters.get(name), name);
  }

  private static Tensor times(Tensor x, double factor) {
    return x.mul(Torch.scalar(factor));
  }

  private static Tensor add(Tensor x, double number) {
    return x.add(Torch.scalar(number));
  }
}

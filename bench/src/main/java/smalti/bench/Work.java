package smalti.bench;

import java.util.List;
import java.util.Locale;
import smalti.dalle.plan.Job;
import smalti.dalle.plan.Operations;
import smalti.dalle.plan.VaePlan;
import smalti.dalle.transformer.TransformerConfig;
import smalti.dalle.vae.VaeConfig;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Is a piece of work that several libraries can do on the same inputs.
public sealed interface Work {
  /// Returns the name, unique in [Suite]; its part before the first dot is the kind.
  String name();

  /// Returns the floating-point operations of one run, a multiplication and an addition counting
  /// two, by the textbook: what a transform saves is counted all the same. 0 where memory is what
  /// limits, and for sampling.
  default double flops() {
    return 0;
  }

  /// Returns the bytes that one run reads and writes at least; 0 where arithmetic is what limits.
  default double bytes() {
    return 0;
  }

  /// Returns the least time on a machine by the roofline model (Williams et al. 2009), in ms: what
  /// its arithmetic or its memory takes alone, whichever is more; 0 where neither is counted.
  ///
  /// @param gflops the machine's 10⁹ operations a second
  /// @param gigabytes its 10⁹ bytes a second to and from memory
  default double leastMs(double gflops, double gigabytes) {
    return 1e-6 * Math.max(flops() / gflops, bytes() / gigabytes);
  }

  /// Returns about how long it takes to measure: 1 where a run takes milliseconds, more where it
  /// takes tenths of a second (attention) or a second (stacks of it, steps, sampling).
  default int cost() {
    return switch (this) {
      case Sgemm _, Conv _, Rows _, AdamW _ -> 1;
      case Attention _ -> 2;
      case AttentionLayers _, TransformerStep _, VaeStep _, Sample _ -> 5;
    };
  }

  /// Returns whether gradients jump where numbers cross a threshold (ReLU, max-pooling): rounding
  /// alone may then change some of them visibly.
  default boolean hasKinks() {
    return this instanceof VaeStep;
  }

  /// Returns standard normal numbers, the same for the same name.
  static Tensor normal(String name, int... shape) {
    return Random.of(1).split(name).normal(Shape.of(shape));
  }

  /// Returns whole numbers of `[0, bound)`, the same for the same name.
  static Tensor ints(String name, int bound, int... shape) {
    Random random = Random.of(1).split(name);
    int[] data = new int[Shape.of(shape).elements()];
    for (int i = 0; i < data.length; i++) {
      data[i] = random.nextInt(bound);
    }
    return Tensor.of(data, shape);
  }

  /// Multiplies matrices: `C = op(A)·op(B)`, C (M, N), overwriting C.
  ///
  /// @param transA whether A lies in memory as (K, M)
  /// @param transB whether B lies in memory as (N, K)
  record Sgemm(int m, int n, int k, boolean transA, boolean transB) implements Work {
    @Override
    public String name() {
      return "sgemm.%dx%dx%d.%s%s".formatted(m, n, k, transA ? "t" : "n", transB ? "t" : "n");
    }

    @Override
    public double flops() {
      return 2.0 * m * n * k;
    }

    /// Returns A as it lies in memory.
    public Tensor a() {
      return transA ? normal("a", k, m) : normal("a", m, k);
    }

    /// Returns B as it lies in memory.
    public Tensor b() {
      return transB ? normal("b", n, k) : normal("b", k, n);
    }
  }

  /// Convolves and computes the gradients of filters, bias and, unless the input is a picture, of
  /// the input: stride 1, size kept.
  record Conv(int batch, int in, int out, int kernel, int side) implements Work {
    @Override
    public String name() {
      return "conv.%dx%d.c%d-%d.px%d".formatted(kernel, kernel, in, out, side);
    }

    @Override
    public double flops() {
      int products = hasInputGradient() ? 3 : 2;
      return 2.0 * products * batch * side * side * in * out * kernel * kernel;
    }

    /// Returns whether the gradient of the input is wanted; nobody wants that of a picture.
    public boolean hasInputGradient() {
      return in > 3;
    }

    /// Returns the input, (B, in, side, side).
    public Tensor x() {
      return normal("x", batch, in, side, side);
    }

    /// Returns the filters, (out, in, kernel, kernel).
    public Tensor weight() {
      return normal("weight", out, in, kernel, kernel);
    }

    /// Returns the bias, (out).
    public Tensor bias() {
      return normal("bias", out);
    }

    /// Returns the gradient of the output, (B, out, side, side).
    public Tensor gradient() {
      return normal("gradient", batch, out, side, side);
    }
  }

  /// Attends and computes the gradients of queries, keys and values.
  ///
  /// @param width width of one head
  /// @param label names the pattern
  record Attention(
      int batch, int heads, int length, int width, AttentionPattern pattern, String label)
      implements Work {
    @Override
    public String name() {
      return "attention.%d.%s.b%d".formatted(length, label, batch);
    }

    /// Returns the products that the visible pairs need: two forward, five backward (the scores are
    /// computed again).
    @Override
    public double flops() {
      return 2.0 * 7 * batch * heads * width * pairs();
    }

    /// Returns the number of visible pairs of one head.
    public long pairs() {
      long pairs = 0;
      for (int q = 0; q < length; q++) {
        for (int k = 0; k < length; k++) {
          pairs += pattern.allows(q, k) ? 1 : 0;
        }
      }
      return pairs;
    }

    /// Returns queries, keys, values or the output's gradient, by name: (B, T, H, D).
    public Tensor input(String which) {
      return normal(which, batch, length, heads, width);
    }
  }

  /// Attends in one layer after the other, all of one size and on the same input, each with its own
  /// pattern, and computes the gradients.
  record AttentionLayers(List<Attention> layers) implements Work {
    @Override
    public String name() {
      return layers.getFirst().name();
    }

    @Override
    public double flops() {
      return layers.stream().mapToDouble(Attention::flops).sum();
    }

    /// Returns the pattern of each layer.
    public List<AttentionPattern> patterns() {
      return layers.stream().map(Attention::pattern).toList();
    }
  }

  /// Works on rows.
  record Rows(Kind kind, int rows, int columns) implements Work {
    /// Says what is done with each row, always with its gradient.
    public enum Kind {
      /// Softmax.
      SOFTMAX,
      /// Layer normalisation with gain and bias.
      LAYERNORM,
      /// GELU in its exact form.
      GELU,
      /// Mean cross-entropy of logits against class numbers.
      XENT
    }

    @Override
    public String name() {
      return "%s.%dx%d".formatted(kind.name().toLowerCase(Locale.ROOT), rows, columns);
    }

    /// Forward reads the input and writes the output; backward reads two matrices and writes one.
    /// Cross-entropy has no output matrix and reads only the logits again.
    @Override
    public double bytes() {
      return 4.0 * rows * columns * (kind == Kind.XENT ? 3 : 5);
    }

    /// Returns the input, (rows, columns).
    public Tensor x() {
      return normal("x", rows, columns);
    }

    /// Returns the output's gradient, (rows, columns).
    public Tensor gradient() {
      return normal("gradient", rows, columns);
    }

    /// Returns gain or bias of the layer normalisation, by name: (columns).
    public Tensor vector(String which) {
      return normal(which, columns);
    }

    /// Returns the classes, I32 (rows).
    public Tensor targets() {
      return ints("targets", columns, rows);
    }
  }

  /// Does one AdamW step on several tensors of one size.
  record AdamW(int tensors, int size) implements Work {
    /// Learning rate.
    public static final double LR = 1e-3;

    /// Decoupled weight decay.
    public static final double DECAY = 0.045;

    /// Decay of the mean of squared gradients.
    public static final double BETA2 = 0.96;

    @Override
    public String name() {
      return "adamw.%dx%d".formatted(tensors, size);
    }

    /// Reads the gradient, reads and writes parameter and both moments.
    @Override
    public double bytes() {
      return 4.0 * 7 * tensors * size;
    }

    /// Returns the parameters of a tensor.
    public Tensor parameter(int i) {
      return normal("parameter" + i, size);
    }

    /// Returns the gradient of a tensor.
    public Tensor gradient(int i) {
      return normal("gradient" + i, size);
    }
  }

  /// Trains a transformer for one step: forward, loss, backward, AdamW.
  record TransformerStep(TransformerConfig config, int batch) implements Work {
    @Override
    public String name() {
      String pattern = config.attention().name().toLowerCase(Locale.ROOT);
      return "step.transformer.%d.%s.b%d".formatted(config.length(), pattern, batch);
    }

    @Override
    public double flops() {
      return Operations.of(new Job(name(), config, batch, 1, 1, false, 0, null)).perStep();
    }
  }

  /// Trains a discrete VAE for one step: forward, loss, backward, AdamW.
  record VaeStep(VaeConfig config, int batch) implements Work {
    /// Temperature of the relaxation.
    public static final double TAU = 1;

    /// Weight of the divergence.
    public static final double BETA = 0.02;

    /// Least `ln b` of the likelihood.
    public static final double FLOOR = -6;

    @Override
    public String name() {
      return "step.dvae.px%d.hid%d.b%d".formatted(config.imageSize(), config.hidden(), batch);
    }

    @Override
    public double flops() {
      return VaePlan.of(config, batch, 1).operationsPerStep();
    }

    /// Decides the noise of the step whose numbers are compared.
    public static final Random NOISE = Random.of(7);

    /// Returns the Gumbel noise that [smalti.nn.GumbelSoftmax] draws in that step, (B, h·w, K).
    public Tensor noise() {
      Shape shape = Shape.of(batch, config.tokens(), config.vocabulary());
      float[] u = NOISE.split("gumbel").uniform(shape).toFloats();
      for (int i = 0; i < u.length; i++) {
        u[i] = (float) -Math.log(-Math.log(u[i]));
      }
      return Tensor.of(u, shape.toArray());
    }

    /// Returns the pictures, (B, 3, H, W) of `[0, 1]`.
    public Tensor pixels() {
      int side = config.imageSize();
      return Random.of(1).split("pixels").uniform(Shape.of(batch, 3, side, side));
    }
  }

  /// Samples the image tokens of several candidates for one caption, at temperature 1.
  record Sample(TransformerConfig config, int candidates) implements Work {
    @Override
    public String name() {
      String pattern = config.attention().name().toLowerCase(Locale.ROOT);
      return "sample.%d.n%d.%s".formatted(config.imageLength(), candidates, pattern);
    }

    /// Returns the caption, I32 (T).
    public Tensor caption() {
      return ints("caption", config.textVocabulary(), config.textLength());
    }
  }
}

package smalti.dalle.transformer;

import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import smalti.autograd.Autograd;
import smalti.autograd.Gradients;
import smalti.autograd.Variable;
import smalti.nn.Parameter;
import smalti.nn.precision.EnterBranch;
import smalti.nn.precision.FloatFormat;
import smalti.nn.precision.GradientScales;
import smalti.nn.precision.LeaveBranch;
import smalti.nn.precision.RoundTo;
import smalti.tensor.Tensor;
import smalti.tensor.backend.UnaryOp;

/// Computes residual branches in 16 bits with a gradient scale for each (Ramesh et al. 2021,
/// section 2.4), emulated to the bit of what is stored: matrices, activations and their gradients
/// are rounded to binary16 wherever they would be written to memory; sums inside a kernel are not.
/// Norms, gains, biases, embeddings, the residual stream, scores and the loss stay in 32 bits.
///
/// With gradients that are not finite the update is left out; a branch's own scale shrinks then.
public final class MixedPrecision implements Precision {
  private static final Pattern BLOCK =
      Pattern.compile("resblocks\\.(\\d+)\\.(ln_1|attn|ln_2|mlp)\\..*");

  private final GradientScales scales;
  private final FloatFormat gradients;
  private final long[] vanished;
  private final long[] all;

  /// Begins with given scales, two for each block.
  public MixedPrecision(GradientScales scales) {
    this(scales, FloatFormat.FP16);
  }

  /// Begins with gradients in another format, to study it.
  public MixedPrecision(GradientScales scales, FloatFormat gradients) {
    this.scales = scales;
    this.gradients = gradients;
    this.vanished = new long[scales.branches()];
    this.all = new long[scales.branches()];
  }

  /// Returns the scales.
  public GradientScales scales() {
    return scales;
  }

  @Override
  public Variable enter(int branch, Variable x) {
    return Autograd.apply(new EnterBranch(scales.scale(branch)), x);
  }

  @Override
  public Variable inside(int branch, Variable x) {
    return Autograd.apply(new RoundTo(FloatFormat.FP16, gradients, lost(branch)), x);
  }

  @Override
  public Variable leave(int branch, Variable y) {
    return Autograd.apply(new LeaveBranch(scales.scale(branch), gradients, lost(branch)), y);
  }

  private RoundTo.Lost lost(int branch) {
    return (gone, of) -> {
      vanished[branch] += gone;
      all[branch] += of;
    };
  }

  /// Returns the fraction of a branch's gradients that 16 bits made zero, since the last time that
  /// they were asked for.
  public double vanished(int branch) {
    double fraction = all[branch] == 0 ? 0 : (double) vanished[branch] / all[branch];
    vanished[branch] = 0;
    all[branch] = 0;
    return fraction;
  }

  /// Is what a backward pass came to.
  ///
  /// @param gradients of the loss, their scales taken off
  /// @param usable whether all are finite; otherwise the update is left out
  public record Outcome(Gradients gradients, boolean usable) {}

  /// Takes the scales off the gradients of an update, and changes the scales.
  ///
  /// @param parameters of the model, by name
  public Outcome finish(Gradients scaled, Map<String, Parameter> parameters) {
    boolean[] finite = new boolean[scales.branches()];
    Arrays.fill(finite, true);
    IdentityHashMap<Variable, Integer> branches = new IdentityHashMap<>();
    parameters.forEach((name, p) -> {
      int branch = branch(name);
      Tensor gradient = scaled.get(p);
      if (branch >= 0 && gradient != null) {
        branches.put(p, branch);
        finite[branch] &= Double.isFinite(gradient.unary(UnaryOp.ABS).sum().item());
      }
    });
    Gradients unscaled =
        scaled.map((leaf, gradient) -> {
          Integer branch = branches.get(leaf);
          return branch == null ? gradient : gradient.mul(1 / scales.scale(branch));
        });
    return new Outcome(unscaled, scales.update(finite));
  }

  /// Returns the branch that a parameter belongs to, or −1 for those outside of branches.
  static int branch(String name) {
    Matcher m = BLOCK.matcher(name);
    if (!m.matches()) {
      return -1;
    }
    boolean second = m.group(2).equals("ln_2") || m.group(2).equals("mlp");
    return 2 * Integer.parseInt(m.group(1)) + (second ? 1 : 0);
  }

  /// Returns whether a parameter is kept in 16 bits, with its moments: the matrices of branches.
  public static boolean isSmall(String name) {
    return branch(name) >= 0 && name.endsWith("weight") && !name.contains(".ln_");
  }

  /// Rounds the parameters that are kept in 16 bits, as after every update.
  public static void round(Map<String, Parameter> parameters) {
    parameters.forEach((name, p) -> {
      if (isSmall(name)) {
        FloatFormat.FP16.round(p.value(), true);
      }
    });
  }
}

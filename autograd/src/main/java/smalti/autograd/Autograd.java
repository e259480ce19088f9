package smalti.autograd;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import smalti.autograd.op.Context;
import smalti.autograd.op.Op;
import smalti.tensor.ShapeException;
import smalti.tensor.Tensor;
import smalti.tensor.memory.Recycler;

/// Applies ops and walks back through what was applied.
public final class Autograd {
  private static final ScopedValue<Boolean> RECORDING = ScopedValue.newInstance();

  private Autograd() {}

  /// Returns whether ops are recorded on this thread.
  public static boolean isRecording() {
    return RECORDING.orElse(true);
  }

  /// Runs an action without recording, so that nothing is kept for a backward pass.
  public static <R> R noGrad(Supplier<R> action) {
    return ScopedValue.where(RECORDING, false).call(action::get);
  }

  /// Runs an action with recording on, also inside [#noGrad].
  static <R> R recording(Supplier<R> action) {
    return ScopedValue.where(RECORDING, true).call(action::get);
  }

  /// Runs a part of a computation of which only the result is needed afterwards. Where nothing is
  /// recorded, in a step of sampling, the memory of all else is lent again at once, while it is in
  /// the cache; otherwise this only runs it.
  public static Variable part(Supplier<Variable> part) {
    return isRecording() ? part.get() : Variable.of(Recycler.part(() -> part.get().value()));
  }

  /// Returns a variable that takes the place of a passing result which nobody reads any more. In a
  /// step the memory of that is lent again at once, unless an op has saved it; elsewhere this only
  /// returns the variable.
  ///
  /// @param next must not share its memory with `last`, as a view does
  public static Variable instead(Variable last, Variable next) {
    Recycler.release(last.value());
    return next;
  }

  /// Applies an op to variables and returns the result, recorded if an input requires a gradient.
  public static Variable apply(Op op, Variable... inputs) {
    boolean recording = isRecording();
    Tensor[] values = new Tensor[inputs.length];
    @Nullable Node[] nodes = new Node[inputs.length];
    boolean[] needs = new boolean[inputs.length];
    for (int i = 0; i < inputs.length; i++) {
      values[i] = inputs[i].value();
      nodes[i] = recording ? inputs[i].node() : null;
      needs[i] = nodes[i] != null;
    }
    Context context = new Context(needs, values);
    Tensor out = Profile.forward(op, context, values);
    return context.needsAny()
        ? new Variable(out, new Node.Applied(op, context, nodes))
        : Variable.of(out);
  }

  /// Runs a block of ops keeping its inputs only, and computes it again in the backward pass:
  /// memory is paid back with time (Chen et al. 2016, "Training deep nets with sublinear memory
  /// cost").
  ///
  /// Gradients also reach leaves that the block uses without naming them as inputs, such as a
  /// module's parameters, and are the same bits as without a checkpoint. Outside [#noGrad] the
  /// result always requires a gradient.
  ///
  /// @param block computes the same result whenever it is called: a generator of random numbers is
  ///   made inside, with [smalti.tensor.Random#split]. If the second result differs, the backward
  ///   pass throws an [IllegalStateException]
  public static Variable checkpoint(
      Function<List<Variable>, Variable> block, List<Variable> inputs) {
    List<Variable> kept = List.copyOf(inputs);
    if (!isRecording()) {
      return block.apply(kept);
    }
    kept.forEach(input -> Recycler.save(input.value()));
    Tensor out = Recycler.without(() -> noGrad(() -> block.apply(kept))).value();
    return new Variable(out, new Node.Checkpoint(block, kept, out));
  }

  /// Computes the gradients of a loss of one element.
  ///
  /// @throws ShapeException if the loss has more than one element
  /// @throws IllegalStateException if a part of the graph was walked before
  public static Gradients backward(Variable loss) {
    if (loss.value().elements() != 1) {
      throw ShapeException.of(
          "backward: the loss must have one element; got %s. Call sum() or mean() first",
          loss.shape());
    }
    return backward(loss, Tensor.full(loss.shape(), 1, loss.value().dtype()));
  }

  /// Computes the vector–Jacobian products of a variable with a given output gradient.
  ///
  /// @throws ShapeException if the gradient's shape is not the variable's
  /// @throws IllegalStateException if a part of the graph was walked before
  public static Gradients backward(Variable output, Tensor gradient) {
    if (!gradient.shape().equals(output.shape())) {
      throw ShapeException.of(
          "backward: the gradient's shape %s is not the output's %s",
          gradient.shape(), output.shape());
    }
    Node node = output.node();
    return node == null
        ? new Gradients(new IdentityHashMap<>())
        : Recycler.during(recycler -> new Walk(recycler).run(node, gradient));
  }
}

package smalti.autograd;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import smalti.autograd.op.Context;
import smalti.autograd.op.CustomOp;
import smalti.autograd.op.Op;
import smalti.tensor.DType;
import smalti.tensor.Tensor;

/// Is a place in the graph through which gradients flow. Numbers grow with time, and a node is made
/// after its inputs: walking the numbers downwards is a topological order.
///
/// Nodes know their inputs' nodes, not the variables, so that values which no op saved are free for
/// the garbage collector.
abstract sealed class Node {
  private static final AtomicLong COUNTER = new AtomicLong();

  private final long number = COUNTER.incrementAndGet();

  final long number() {
    return number;
  }

  /// Sends the gradient on to where it came from.
  abstract void backward(Tensor dOut, Walk walk);

  /// Returns whether [#backward] keeps neither the gradient nor anything that it makes, beyond what
  /// it hands to the walk. Code from outside may.
  abstract boolean passesOnly();

  /// Is where gradients end: a variable whose gradient is wanted.
  static final class Leaf extends Node {
    private final Variable variable;

    Leaf(Variable variable) {
      this.variable = variable;
    }

    @Override
    void backward(Tensor dOut, Walk walk) {
      walk.arrive(variable, dOut);
    }

    @Override
    boolean passesOnly() {
      return true;
    }
  }

  /// Is one application of an op.
  static final class Applied extends Node {
    private final Op op;
    private final Context context;
    private final @Nullable Node[] inputs;

    Applied(Op op, Context context, @Nullable Node[] inputs) {
      this.op = op;
      this.context = context;
      this.inputs = inputs;
    }

    @Override
    void backward(Tensor dOut, Walk walk) {
      @Nullable Tensor[] gradients = Profile.backward(op, context, dOut);
      context.release();
      if (gradients.length != inputs.length) {
        throw new IllegalStateException(
            "%s: vjp returned %d gradients for %d inputs"
                .formatted(op, gradients.length, inputs.length));
      }
      for (int i = 0; i < inputs.length; i++) {
        Node input = inputs[i];
        Tensor dx = gradients[i];
        if (input == null || dx == null) {
          continue;
        }
        if (!dx.shape().equals(context.shape(i))) {
          throw new IllegalStateException(
              "%s: the gradient of input %d has shape %s; the input has %s"
                  .formatted(op, i, dx.shape(), context.shape(i)));
        }
        walk.add(input, dx);
      }
    }

    @Override
    boolean passesOnly() {
      return !(op instanceof CustomOp);
    }
  }

  /// Is a block of ops that was run without recording. Its backward runs it again, recorded, on the
  /// same variables; the new nodes are the newest of all, so that the walk takes them next, and
  /// their gradients flow into the same sums as if they had been there from the start.
  static final class Checkpoint extends Node {
    private final Function<List<Variable>, Variable> block;
    private final List<Variable> inputs;
    private @Nullable Tensor out;

    Checkpoint(Function<List<Variable>, Variable> block, List<Variable> inputs, Tensor out) {
      this.block = block;
      this.inputs = inputs;
      this.out = out;
    }

    @Override
    void backward(Tensor dOut, Walk walk) {
      Tensor first = out;
      if (first == null) {
        throw new IllegalStateException(Context.RELEASED);
      }
      out = null;
      Variable again = Autograd.recording(() -> block.apply(inputs));
      if (!same(first, again.value())) {
        throw new IllegalStateException(
            "checkpoint: the block gave other numbers when it was run again; make its random"
                + " generators inside the block, with split");
      }
      Node node = again.node();
      if (node != null) {
        walk.add(node, dOut);
      }
    }

    @Override
    boolean passesOnly() {
      return false;
    }

    private static boolean same(Tensor a, Tensor b) {
      if (!a.shape().equals(b.shape()) || a.dtype() != b.dtype()) {
        return false;
      }
      return a.dtype() == DType.F64
          ? Arrays.equals(a.toDoubles(), b.toDoubles())
          : Arrays.equals(a.toFloats(), b.toFloats());
    }
  }
}

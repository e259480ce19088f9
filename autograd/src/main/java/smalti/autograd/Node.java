package smalti.autograd;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import smalti.autograd.op.Context;
import smalti.autograd.op.Op;
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
      @Nullable Tensor[] gradients = op.vjp(context, dOut);
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
  }

  /// Is a block of ops that was run without recording. Its backward runs it again, recorded, on the
  /// same variables; the new nodes are the newest of all, so that the walk takes them next, and
  /// their gradients flow into the same sums as if they had been there from the start.
  static final class Checkpoint extends Node {
    private @Nullable Function<List<Variable>, Variable> block;
    private List<Variable> inputs;

    Checkpoint(Function<List<Variable>, Variable> block, List<Variable> inputs) {
      this.block = block;
      this.inputs = inputs;
    }

    @Override
    void backward(Tensor dOut, Walk walk) {
      Function<List<Variable>, Variable> again = block;
      if (again == null) {
        throw new IllegalStateException(Context.RELEASED);
      }
      List<Variable> arguments = inputs;
      block = null;
      inputs = List.of();
      Variable out = Autograd.recording(() -> again.apply(arguments));
      if (!out.shape().equals(dOut.shape())) {
        throw new IllegalStateException(
            "checkpoint: the block gave shape %s when run first and %s when run again"
                .formatted(dOut.shape(), out.shape()));
      }
      Node node = out.node();
      if (node != null) {
        walk.add(node, dOut);
      }
    }
  }
}

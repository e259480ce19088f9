package smalti.autograd;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import smalti.autograd.op.Context;
import smalti.autograd.op.Op;
import smalti.tensor.Shape;
import smalti.tensor.ShapeException;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

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

  /// Applies an op to variables and returns the result, recorded if an input requires a gradient.
  public static Variable apply(Op op, Variable... inputs) {
    boolean[] needs = new boolean[inputs.length];
    Tensor[] values = new Tensor[inputs.length];
    boolean any = false;
    boolean recording = isRecording();
    for (int i = 0; i < inputs.length; i++) {
      values[i] = inputs[i].value();
      needs[i] = recording && inputs[i].requiresGrad();
      any |= needs[i];
    }
    Context context = new Context(needs);
    Tensor out = op.forward(context, values);
    return any ? new Variable(out, new Node(op, context, inputs.clone())) : Variable.of(out);
  }

  /// Computes the gradients of a loss of one element.
  ///
  /// @throws ShapeException if the loss has more than one element
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
  public static Gradients backward(Variable output, Tensor gradient) {
    if (!gradient.shape().equals(output.shape())) {
      throw ShapeException.of(
          "backward: the gradient's shape %s is not the output's %s",
          gradient.shape(), output.shape());
    }
    Map<Node, Sum> pending = new IdentityHashMap<>();
    Map<Variable, Sum> leaves = new IdentityHashMap<>();
    add(output, gradient, pending, leaves);
    for (Node node : newestFirst(output)) {
      Sum sum = pending.remove(node);
      if (sum == null) {
        continue; // no gradient flowed here
      }
      @Nullable Tensor[] inputs = node.op.vjp(node.context, sum.value);
      node.context.release();
      for (int i = 0; i < node.inputs.length; i++) {
        Tensor dx = inputs[i];
        if (dx != null && node.context.needs(i)) {
          check(node, i, dx);
          add(node.inputs[i], dx, pending, leaves);
        }
      }
    }
    IdentityHashMap<Variable, Tensor> byLeaf = new IdentityHashMap<>();
    leaves.forEach((leaf, sum) -> byLeaf.put(leaf, sum.value.contiguous()));
    return new Gradients(byLeaf);
  }

  private static void check(Node node, int input, Tensor dx) {
    Shape expected = node.inputs[input].shape();
    if (!dx.shape().equals(expected)) {
      throw ShapeException.of(
          "%s: the gradient of input %d has shape %s; the input has %s",
          node.op, input, dx.shape(), expected);
    }
  }

  /// A running sum. The first gradient is kept as it is and may be shared; the second makes a sum
  /// of its own, to which later ones are added in place.
  private static final class Sum {
    Tensor value;
    boolean owned;

    Sum(Tensor value) {
      this.value = value;
    }

    void add(Tensor more) {
      if (owned) {
        Backends.current().axpby(1, more.contiguous(), 1, value);
      } else {
        value = value.add(more);
        owned = true;
      }
    }
  }

  private static void add(
      Variable to, Tensor dx, Map<Node, Sum> pending, Map<Variable, Sum> leaves) {
    Node node = to.node();
    if (node != null) {
      add(pending, node, dx);
    } else if (to.requiresGrad()) {
      add(leaves, to, dx);
    }
  }

  private static <K> void add(Map<K, Sum> sums, K key, Tensor dx) {
    Sum sum = sums.get(key);
    if (sum == null) {
      sums.put(key, new Sum(dx));
    } else {
      sum.add(dx);
    }
  }

  /// Returns all nodes that the output depends on, newest first, without recursion: graphs may be
  /// 100,000 ops deep.
  private static List<Node> newestFirst(Variable output) {
    List<Node> found = new ArrayList<>();
    Set<Node> seen = new HashSet<>();
    Deque<Node> open = new ArrayDeque<>();
    if (output.node() != null) {
      open.add(output.node());
      seen.add(output.node());
    }
    while (!open.isEmpty()) {
      Node node = open.pop();
      found.add(node);
      for (Variable input : node.inputs) {
        Node next = input.node();
        if (next != null && seen.add(next)) {
          open.push(next);
        }
      }
    }
    found.sort(Comparator.comparingLong((Node n) -> n.number).reversed());
    return found;
  }
}

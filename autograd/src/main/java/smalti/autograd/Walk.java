package smalti.autograd;

import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// Is one backward pass: always takes the newest node that has a gradient, so that a node's
/// gradient is complete when its turn comes. Without recursion: graphs may be 100,000 ops deep.
final class Walk {
  private final PriorityQueue<Node> open =
      new PriorityQueue<>(Comparator.comparingLong(Node::number).reversed());
  private final Map<Node, Sum> sums = new IdentityHashMap<>();
  private final IdentityHashMap<Variable, Tensor> leaves = new IdentityHashMap<>();
  private final Set<Storage> taken = Collections.newSetFromMap(new IdentityHashMap<>());

  Gradients run(Node start, Tensor gradient) {
    taken.add(gradient.storage());
    add(start, gradient);
    for (Node node = open.poll(); node != null; node = open.poll()) {
      Sum sum = sums.remove(node);
      if (sum != null) {
        node.backward(sum.value, this);
      }
    }
    return new Gradients(leaves);
  }

  /// Adds to a node's gradient.
  void add(Node to, Tensor gradient) {
    Sum sum = sums.get(to);
    if (sum == null) {
      sums.put(to, new Sum(gradient));
      open.add(to);
    } else {
      sum.add(gradient);
    }
  }

  /// Takes a leaf's complete gradient; copies it if another leaf's shares its storage, so that an
  /// optimiser may write in place.
  void arrive(Variable leaf, Tensor gradient) {
    Tensor own = gradient.contiguous();
    leaves.put(leaf, taken.add(own.storage()) ? own : own.copy());
  }

  /// A running sum. The first gradient is kept as it is and may be shared; the second makes a sum
  /// of its own, to which later ones are added in place.
  private static final class Sum {
    private Tensor value;
    private boolean owned;

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
}

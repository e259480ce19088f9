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
import smalti.tensor.memory.Recycler;

/// Is one backward pass: always takes the newest node that has a gradient, so that a node's
/// gradient is complete when its turn comes. Without recursion: graphs may be 100,000 ops deep.
///
/// A gradient that was passed on is dead, unless what was made of it shares its storage. Its array
/// is lent to later gradients of the same pass ([Recycler]), and so few arrays serve for all.
final class Walk {
  private final PriorityQueue<Node> open =
      new PriorityQueue<>(Comparator.comparingLong(Node::number).reversed());
  private final Map<Node, Sum> sums = new IdentityHashMap<>();
  private final IdentityHashMap<Variable, Tensor> leaves = new IdentityHashMap<>();

  /// Storages that outlive the pass: the start's, and those of the leaves' gradients.
  private final Set<Storage> taken = Collections.newSetFromMap(new IdentityHashMap<>());

  /// For each storage, how many sums are in it.
  private final Map<Storage, Integer> waiting = new IdentityHashMap<>();

  /// Storages that were touched since the last node.
  private final Set<Storage> touched = Collections.newSetFromMap(new IdentityHashMap<>());

  private final Recycler recycler;

  Walk(Recycler recycler) {
    this.recycler = recycler;
  }

  Gradients run(Node start, Tensor gradient) {
    taken.add(gradient.storage());
    add(start, gradient);
    for (Node node = open.poll(); node != null; node = open.poll()) {
      Sum sum = sums.remove(node);
      if (sum != null) {
        forget(sum.value);
        recycler.lending(node.passesOnly());
        if (!node.passesOnly()) {
          taken.add(sum.value.storage());
        }
        node.backward(sum.value, this);
        recycle();
      }
    }
    return new Gradients(leaves);
  }

  private void expect(Tensor value) {
    waiting.merge(value.storage(), 1, Integer::sum);
    touched.add(value.storage());
  }

  private void forget(Tensor value) {
    waiting.computeIfPresent(value.storage(), (s, n) -> n == 1 ? null : n - 1);
    touched.add(value.storage());
  }

  private void recycle() {
    for (Storage storage : touched) {
      if (!waiting.containsKey(storage) && !taken.contains(storage)) {
        recycler.giveBack(storage);
      }
    }
    touched.clear();
  }

  /// Adds to a node's gradient.
  void add(Node to, Tensor gradient) {
    touched.add(gradient.storage());
    Sum sum = sums.get(to);
    if (sum == null) {
      sums.put(to, new Sum(gradient));
      expect(gradient);
      open.add(to);
    } else {
      forget(sum.value);
      sum.add(gradient);
      expect(sum.value);
    }
  }

  /// Takes a leaf's complete gradient; copies it if another leaf's shares its storage, so that an
  /// optimiser may write in place.
  void arrive(Variable leaf, Tensor gradient) {
    Tensor dense = gradient.contiguous();
    Tensor own = taken.add(dense.storage()) ? dense : dense.copy();
    taken.add(own.storage());
    leaves.put(leaf, own);
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

package smalti.autograd;

import java.util.concurrent.atomic.AtomicLong;
import smalti.autograd.op.Context;
import smalti.autograd.op.Op;

/// Is one application of an op in the graph. Numbers grow with time, so that walking them downwards
/// is a topological order.
final class Node {
  private static final AtomicLong COUNTER = new AtomicLong();

  final long number = COUNTER.incrementAndGet();
  final Op op;
  final Context context;
  final Variable[] inputs;

  Node(Op op, Context context, Variable[] inputs) {
    this.op = op;
    this.context = context;
    this.inputs = inputs;
  }
}

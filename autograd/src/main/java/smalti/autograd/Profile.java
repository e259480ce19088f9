package smalti.autograd;

import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import smalti.autograd.op.Context;
import smalti.autograd.op.Op;
import smalti.tensor.Tensor;

/// Runs the passes of ops, and tells a flight recording of each if there is one (`java
/// -XX:StartFlightRecording`): events named `smalti.Op` with the op and its shapes, so that a
/// profile shows the model's work and not only methods. Without a recording this costs a test.
final class Profile {
  /// Whether this runtime can record; the module may be missing from a small one.
  private static final boolean CAN = ModuleLayer.boot().findModule("jdk.jfr").isPresent();

  private Profile() {}

  static Tensor forward(Op op, Context context, Tensor[] inputs) {
    if (!CAN) {
      return op.forward(context, inputs);
    }
    OpEvent event = new OpEvent();
    event.begin();
    Tensor out = op.forward(context, inputs);
    event.end();
    commit(event, op, "forward", context, out);
    return out;
  }

  static @Nullable Tensor[] backward(Op op, Context context, Tensor dOut) {
    if (!CAN) {
      return op.vjp(context, dOut);
    }
    OpEvent event = new OpEvent();
    event.begin();
    @Nullable Tensor[] gradients = op.vjp(context, dOut);
    event.end();
    commit(event, op, "backward", context, dOut);
    return gradients;
  }

  private static void commit(OpEvent event, Op op, String pass, Context context, Tensor result) {
    if (!event.shouldCommit()) {
      return;
    }
    event.op = op.toString();
    event.pass = pass;
    StringJoiner shapes = new StringJoiner(" ");
    for (int i = 0; i < context.inputs(); i++) {
      shapes.add(context.shape(i).toString());
    }
    event.shapes = shapes.toString();
    event.result = result.shape().toString();
    event.commit();
  }
}

/// The differentiable operations, one record each: attributes as components, then `forward` (with
/// its shape rule), `vjp`, and `samples` for the gradient checker.
///
/// [smalti.autograd.op.Op] is sealed, and its permitted subclasses are the registry: the checker
/// sweeps over them, so that no op can exist unchecked. Users add their own by implementing
/// [smalti.autograd.op.CustomOp].
@NullMarked
package smalti.autograd.op;

import org.jspecify.annotations.NullMarked;

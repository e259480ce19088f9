/// Reverse-mode automatic differentiation.
///
/// A [smalti.autograd.Variable] is a tensor that remembers how it was computed. Every computation
/// goes through [smalti.autograd.Autograd#apply], which runs an [smalti.autograd.op.Op] forward and
/// notes a node; [smalti.autograd.Autograd#backward] walks the nodes from the loss back, newest
/// first, asks each op for its vector–Jacobian product, and returns the sums at the leaves as
/// [smalti.autograd.Gradients]. Nothing here knows any particular op.
///
/// Only first derivatives: vector–Jacobian products are computed on plain tensors.
@NullMarked
package smalti.autograd;

import org.jspecify.annotations.NullMarked;

/// Initialisers: how the numbers of a parameter begin.
///
/// An [smalti.nn.init.Init] draws a tensor of a shape from a generator. The fan-in of a shape (out,
/// in, …) is the product of all sizes but the first, as in PyTorch; layers without an initialiser
/// of their own use PyTorch's defaults.
@NullMarked
package smalti.nn.init;

import org.jspecify.annotations.NullMarked;

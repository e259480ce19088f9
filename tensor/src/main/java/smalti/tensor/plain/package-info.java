/// The fast paths that need no Vector API: F32 kernels over `float[]`, and everything about a
/// kernel but its innermost loops.
///
/// [smalti.tensor.plain.PlainBackend] takes a call that has F32 host tensors of a fitting layout to
/// the class of its subject, e.g. `Attention` or `Reductions`, and any other call to the reference
/// backend. Those classes decide what is done in which order and on which thread; the arithmetic on
/// runs of floats is behind four small interfaces:
///
/// - [smalti.tensor.plain.ElementLoops]: elementwise functions,
/// - [smalti.tensor.plain.RowLoops]: sums, maxima and exponentials of one row,
/// - [smalti.tensor.plain.NormalizeLoops]: layer normalisation of one row,
/// - [smalti.tensor.plain.MatrixLoops]: matrix products.
///
/// Here they are plain loops; `smalti.tensor.simd` brings them on the Vector API. A loop such as
/// `out[outAt + i] = a[aAt + i] + b[bAt + i]` is not vectorised by the C2 of JDK 25 unless it can
/// prove that the arrays do not overlap, so explicit vectors pay even for plain arithmetic.
///
/// Loops are split by sizes only and partial results are combined in a fixed order, so that every
/// result is the same bits whatever the number of threads.
@NullMarked
package smalti.tensor.plain;

import org.jspecify.annotations.NullMarked;

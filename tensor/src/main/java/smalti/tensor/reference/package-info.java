/// The reference backend: every kernel as the plain loops of its formula, in double precision.
///
/// It is the definition of what each kernel of [smalti.tensor.backend.Backend] computes, written to
/// be read and never to be fast; the fast backends are tested against it. One path serves all
/// dtypes: a kernel reads numbers as doubles, computes and sums in double, and rounds once, when it
/// stores.
///
/// - [smalti.tensor.reference.ReferenceBackend] lists the kernels; each subject has a file:
///   `ReferenceMatmul`, `ReferenceConvolution`, `ReferenceAttention` and so on.
/// - `Elements` reads and writes a tensor of any strides by row-major index, `Matrix` the last two
///   axes by row and column.
///
/// Letters: `B` batch, `C` channels, `O` output channels, `H`, `W` height and width, `KH`, `KW` the
/// same of a kernel, `T` queries, `S` keys, `D` width of a head, `N` classes.
@NullMarked
package smalti.tensor.reference;

import org.jspecify.annotations.NullMarked;

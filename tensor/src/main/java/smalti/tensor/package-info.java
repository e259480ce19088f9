/// Tensors: immutable, n-dimensional arrays of numbers with NumPy's broadcasting and views.
///
/// - [smalti.tensor.Tensor] is a [smalti.tensor.Storage] (who owns the numbers) seen through a
///   [smalti.tensor.Layout] (shape, strides, offset). Reshape, permute, slice and expand make new
///   layouts over the same storage; nothing is copied.
/// - What a number-crunching operation *means* is written in [smalti.tensor.reference]; how it is
///   done fast is in `smalti.tensor.simd`. Both stand behind [smalti.tensor.backend.Backend].
/// - [smalti.tensor.Random] draws random numbers that depend on a key and a position only, never on
///   threads or on time.
///
/// Letters in shape comments: `B` batch, `T` positions (time), `C` channels, `H` heads or height,
/// `W` width, `D` width of one head, `N` classes, `M`, `K`, `N` rows, inner size, columns.
@NullMarked
package smalti.tensor;

import org.jspecify.annotations.NullMarked;

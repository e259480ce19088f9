/// The seam between what is computed and how: [smalti.tensor.backend.Backend] is the set of
/// kernels, [smalti.tensor.backend.Backends] chooses who runs them, and the enums
/// [smalti.tensor.backend.UnaryOp] and [smalti.tensor.backend.BinaryOp] define each elementwise
/// function with its derivative in one row.
///
/// Public operations check shapes and allocate the result; kernels assume and write into it.
@NullMarked
package smalti.tensor.backend;

import org.jspecify.annotations.NullMarked;

/// Compares layers, models and the optimiser with PyTorch: results and gradients by name.
///
/// The files of `src/test/resources/golden` are written by `src/test/python/make_goldens.py`, in
/// double precision. Agreement is measured against the largest number of a tensor: in F64 to 1e-12,
/// in F32 to 5e-6 for layers and 1e-5 for whole models (measured: 1e-15, 6e-7 and 1.2e-6).
@NullMarked
package smalti.tests.golden;

import org.jspecify.annotations.NullMarked;

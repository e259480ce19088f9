/// The kernels on the Vector API (`jdk.incubator.vector`), the only package that touches it.
///
/// [smalti.tensor.simd.SimdProvider] offers [smalti.tensor.simd.SimdBackend] where the module is
/// there; no class with vectors is loaded before it has looked. The backend is the plain one with
/// loops of vectors inside. Species constants are in `Lanes`, the functions in `SimdMath`.
///
/// Every loop has a method of its own: vectors stay in registers only where C2 compiles the loop
/// and inlines all of it. Sums across lanes are folded in a fixed order, because `reduceLanes`
/// promises none.
@NullMarked
package smalti.tensor.simd;

import org.jspecify.annotations.NullMarked;

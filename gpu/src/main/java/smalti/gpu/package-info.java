/// A backend that computes on a GPU, or any other OpenCL or PTX device, through TornadoVM.
///
/// `docs/decisions/12-gpu.md` says how it is made. [smalti.gpu.GpuProvider] offers it to
/// [smalti.tensor.backend.Backends]; nothing else in the project knows it.
@NullMarked
package smalti.gpu;

import org.jspecify.annotations.NullMarked;

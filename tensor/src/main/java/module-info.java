/// Tensors: shapes, layouts, data types, random numbers and the kernels that compute on them.
@SuppressWarnings("module")
module smalti.tensor {
  requires static jdk.incubator.vector;
  requires static transitive org.jspecify;

  exports smalti.tensor;
  exports smalti.tensor.backend;
  exports smalti.tensor.io;
  exports smalti.tensor.memory to // which the compiler does not see yet, and would warn
      smalti.autograd,
      smalti.nn;
  exports smalti.tensor.reference;

  uses smalti.tensor.backend.BackendProvider;

  // The same list stands in META-INF/services, for the class path.
  provides smalti.tensor.backend.BackendProvider with
      smalti.tensor.reference.ReferenceProvider,
      smalti.tensor.plain.PlainProvider,
      smalti.tensor.simd.SimdProvider;
}

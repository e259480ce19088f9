/// Tensors: shapes, layouts, data types, random numbers and the kernels that compute on them.
module smalti.tensor {
  requires static jdk.incubator.vector;
  requires static transitive org.jspecify;

  exports smalti.tensor;
  exports smalti.tensor.backend;
  exports smalti.tensor.io;
  exports smalti.tensor.reference;

  uses smalti.tensor.backend.BackendProvider;

  provides smalti.tensor.backend.BackendProvider with
      smalti.tensor.reference.ReferenceProvider;
}

/// Tensors: shapes, layouts, data types, random numbers and the kernels that compute on them.
module smalti.tensor {
  requires static jdk.incubator.vector;
  requires static transitive org.jspecify;

  exports smalti.tensor;
  exports smalti.tensor.backend;

  uses smalti.tensor.backend.BackendProvider;
}

package smalti.dalle.transformer;

import org.jspecify.annotations.Nullable;
import smalti.autograd.Variable;
import smalti.nn.Module;
import smalti.nn.Parameter;
import smalti.nn.layer.Embedding;
import smalti.tensor.DType;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Turns states into scores of tokens: (…, C) to (…, N). It begins at zero, so that all tokens are
/// equally likely at first; a tied one has the embedding table for its matrix and cannot.
///
/// Parameters: `weight` (N, C) unless tied, `bias` (N).
final class OutputMatrix extends Module {
  private final @Nullable Parameter weight;
  private final Parameter bias;
  private final Embedding table;

  OutputMatrix(Embedding table, boolean tied) {
    this.table = table;
    Shape shape = table.weight().shape();
    weight = tied ? null : param("weight", Tensor.zeros(shape, DType.F32));
    bias = param("bias", Tensor.zeros(Shape.of(shape.dim(0)), DType.F32));
  }

  Variable forward(Variable x) {
    return x.linear(weight == null ? table.weight() : weight, bias); // (…, N)
  }
}

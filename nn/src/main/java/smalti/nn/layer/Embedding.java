package smalti.nn.layer;

import smalti.autograd.Variable;
import smalti.nn.Module;
import smalti.nn.Parameter;
import smalti.nn.init.Init;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Looks up rows of a table: ids (…) to vectors (…, width).
///
/// Parameter: `weight` (count, width).
public final class Embedding extends Module {
  private final Parameter weight;

  /// Makes a table drawn from the standard normal distribution, as PyTorch does.
  public Embedding(int count, int width, Random random) {
    this(count, width, Init.normal(1), random);
  }

  /// Makes a table.
  public Embedding(int count, int width, Init init, Random random) {
    weight = param("weight", init.draw(Shape.of(count, width), random.split("weight")));
  }

  /// Returns the vectors of I32 ids.
  public Variable forward(Tensor ids) {
    return weight.embedding(ids); // (…, width)
  }

  /// Returns the whole table, (count, width).
  public Parameter weight() {
    return weight;
  }
}

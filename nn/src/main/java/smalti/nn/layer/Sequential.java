package smalti.nn.layer;

import java.util.List;
import smalti.autograd.Variable;
import smalti.nn.Pass;

/// Runs layers one after the other. They are named `0`, `1`, … as in PyTorch.
public final class Sequential extends Layer {
  private final List<Layer> layers;

  /// Makes a chain.
  public Sequential(Layer... layers) {
    this.layers = List.of(layers);
    for (int i = 0; i < layers.length; i++) {
      child(Integer.toString(i), layers[i]);
    }
  }

  @Override
  public Variable forward(Variable x, Pass pass) {
    Variable y = x;
    for (int i = 0; i < layers.size(); i++) {
      y = layers.get(i).forward(y, pass.child(Integer.toString(i)));
    }
    return y;
  }
}

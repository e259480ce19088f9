package smalti.bench.peers;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import smalti.bench.Task;

/// Trains a model for a step: forward, loss, backward, AdamW.
final class TorchStep implements Task {
  /// Is a model and its loss.
  ///
  /// @param parameters by name, in our order
  /// @param loss computes the loss of a step; step 0 is the one whose numbers are compared
  record Model(Map<String, Tensor> parameters, LongFunction<Tensor> loss) {}

  private final Model model;
  private final TorchAdamW optimiser;
  private long step;

  TorchStep(Model model) {
    this.model = model;
    this.optimiser = new TorchAdamW(new ArrayList<>(model.parameters().values()), 1e-4);
  }

  @Override
  public void run() {
    step++;
    try (PointerScope _ = new PointerScope()) {
      model.loss().apply(step).backward();
      optimiser.step();
      optimiser.zeroGrad();
    }
  }

  @Override
  public List<float[]> results() {
    try (PointerScope _ = new PointerScope()) {
      Tensor loss = model.loss().apply(0);
      loss.backward();
      List<float[]> results = new ArrayList<>(List.of(Torch.numbers(loss)));
      model.parameters().values().forEach(p -> results.add(Torch.numbers(p.grad())));
      optimiser.zeroGrad();
      return results;
    }
  }
}

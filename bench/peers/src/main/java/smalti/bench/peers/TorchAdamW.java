package smalti.bench.peers;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import smalti.bench.Work;

/// Is `torch::optim::AdamW` with our constants.
final class TorchAdamW {
  private final AdamW optimiser;

  TorchAdamW(List<Tensor> parameters, double lr) {
    AdamWOptions options = new AdamWOptions(lr);
    options.betas().put(0, 0.9);
    options.betas().put(1, Work.AdamW.BETA2);
    options.eps().put(1e-8);
    options.weight_decay().put(Work.AdamW.DECAY);
    optimiser = new AdamW(new TensorVector(parameters.toArray(Tensor[]::new)), options);
  }

  void step() {
    try (PointerScope _ = new PointerScope()) {
      optimiser.step();
    }
  }

  /// Forgets all gradients.
  void zeroGrad() {
    optimiser.zero_grad(true);
  }
}

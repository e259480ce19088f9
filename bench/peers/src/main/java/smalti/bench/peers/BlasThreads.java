package smalti.bench.peers;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.VoidTensorHook;

/// Sets the number of OpenBLAS's threads, which are not OpenMP's: attention calls OpenBLAS from all
/// threads of OpenMP, and theirs wait for each other; a linear layer calls it once, and they are
/// the only ones. So a model may want one thread in attention and all of them elsewhere.
final class BlasThreads {
  private final VoidTensorHook before = new Hook(() -> inAttention());
  private final VoidTensorHook after = new Hook(() -> elsewhere());
  private int attention = 1;
  private int rest = 1;

  /// Sets both from now on.
  void set(int inAttention, int elsewhere) {
    attention = inAttention;
    rest = elsewhere;
    OpenBlas.setThreads(elsewhere);
  }

  /// Begins attention.
  void inAttention() {
    if (attention != rest) {
      OpenBlas.setThreadsOfLibtorch(attention);
    }
  }

  /// Ends attention.
  void elsewhere() {
    if (attention != rest) {
      OpenBlas.setThreadsOfLibtorch(rest);
    }
  }

  /// Makes the gradients of an attention begin and end it too.
  ///
  /// @param in one of its inputs
  /// @param out its output
  void alsoInGradients(Tensor in, Tensor out) {
    if (attention != rest) {
      out.register_hook(before);
      in.register_hook(after);
    }
  }

  /// Is called when the gradient of a tensor is there.
  private static final class Hook extends VoidTensorHook {
    private final Runnable action;

    Hook(Runnable action) {
      this.action = action;
    }

    @Override
    public void call(TensorBase gradient) {
      action.run();
    }
  }
}

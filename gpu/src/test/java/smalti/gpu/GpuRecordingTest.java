package smalti.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

/// Holds what is compiled and sent when steps are recorded, and what is refused.
class GpuRecordingTest {
  private static final GpuBackend GPU = (GpuBackend) new GpuProvider().create();

  @Test
  void aStepIsCompiledOnceAndSendsTheBatchOnly() {
    Backends.with(
        GPU,
        () -> {
          Tensor w = Tensor.of(new float[] {1, 2, 3}, 3).mul(1);
          long[] in = new long[3];
          long[] out = new long[3];
          int[] plans = new int[3];
          for (int i = 0; i < 3; i++) {
            float[] batch = {i, 1, 2};
            long inBefore = GPU.device().bytesIn();
            long outBefore = GPU.device().bytesOut();
            List<Tensor> r =
                GPU.step(() -> {
                  Tensor x = Tensor.of(batch, 3);
                  GPU.axpby(1, x, 1, w);
                  return List.of(w.mul(x).sum());
                });
            in[i] = GPU.device().bytesIn() - inBefore;
            out[i] = GPU.device().bytesOut() - outBefore;
            plans[i] = GPU.device().plans();
            assertThat(r.getFirst().item()).isFinite();
          }
          assertThat(w.toFloats()).containsExactly(4, 5, 9);
          assertThat(plans[2]).isEqualTo(plans[1]).isEqualTo(plans[0]);
          // Three numbers of the batch, two scalars; one word of integers that no kernel reads.
          assertThat(in).containsOnly(4 * (3 + 2 + 1));
          assertThat(out).containsOnly(4); // the loss
        });
  }

  @Test
  void newShapesAreCompiledOnce() {
    Backends.with(
        GPU,
        () -> {
          List<Tensor> shapes = List.of(Tensor.ones(3), Tensor.ones(4));
          List<Integer> plans = new ArrayList<>();
          for (int i = 0; i < 6; i++) {
            Tensor x = shapes.get(i % 2);
            GPU.step(() -> List.of(x.mul(2).mul(x).sum()));
            plans.add(GPU.device().plans());
          }
          assertThat(plans.get(1)).isEqualTo(plans.getFirst() + 1);
          assertThat(plans.subList(1, 6)).containsOnly(plans.get(1));
        });
  }

  @Test
  void aStepThatReadsOrWritesTheHostSaysSo() {
    Backends.with(
        GPU,
        () -> {
          Tensor w = Tensor.ones(3);
          assertThatThrownBy(() -> GPU.step(() -> List.of(Tensor.scalar(w.sum().item()))))
              .hasMessageContaining("reads a result before it has run");
          Tensor host = Tensor.of(new float[3], 3);
          assertThatThrownBy(() ->
                  GPU.step(() -> {
                    GPU.fill(1, host);
                    return List.of();
                  }))
              .hasMessageContaining("writes to a tensor of the host");
          Tensor[] kept = new Tensor[1];
          GPU.step(() -> {
            kept[0] = w.mul(2);
            return List.of(kept[0].sum());
          });
          assertThatThrownBy(() -> kept[0].toFloats()).hasMessageContaining("used outside it");
        });
  }

  @Test
  void outOfMemorySaysWhatWasAskedAndWhatIsThere() {
    Backends.with(
        GPU,
        () ->
            assertThatThrownBy(() -> Tensor.zeros(1 << 30))
                .hasMessageContaining("needs 4295.0 MB")
                .hasMessageContaining("are left"));
  }
}

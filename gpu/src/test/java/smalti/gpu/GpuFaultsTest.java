package smalti.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import smalti.gpu.kernel.Kernel;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;
import smalti.tensor.backend.UnaryOp;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task6;
import uk.ac.manchester.tornado.api.runtime.TornadoRuntimeProvider;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Gives the device a kernel that cannot be compiled: it must be named, and nothing may be computed
/// in its place.
class GpuFaultsTest {
  private static final TornadoDevice DEVICE =
      TornadoRuntimeProvider.getTornadoRuntime().getBackend(0).getDevice(0);

  /// Has bad code for one kernel.
  private static final class Faulty extends Grid {
    private final Kernel kernel;
    private final Task6<KernelContext, FloatArray, FloatArray, IntArray, IntArray, IntArray> bad;

    Faulty(
        Kernel kernel,
        Task6<KernelContext, FloatArray, FloatArray, IntArray, IntArray, IntArray> bad) {
      super(DEVICE);
      this.kernel = kernel;
      this.bad = bad;
    }

    @Override
    Task6<KernelContext, FloatArray, FloatArray, IntArray, IntArray, IntArray> code(Kernel k) {
      return k == kernel ? bad : super.code(k);
    }
  }

  /// Is no kernel, as it makes objects.
  static void objects(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    heap.set(pc.get(0), new Object().hashCode());
  }

  /// Is rejected by the driver's compiler, which takes its name for a number.
  @SuppressWarnings("MemberName")
  static void M_PI_F(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    heap.set(pc.get(0), 1f);
  }

  private static GpuBackend backend(
      Task6<KernelContext, FloatArray, FloatArray, IntArray, IntArray, IntArray> bad) {
    return new GpuBackend(new Device(DEVICE, 64 << 20, new Faulty(Kernel.BINARY, bad)));
  }

  private static void requireNamed(
      Task6<KernelContext, FloatArray, FloatArray, IntArray, IntArray, IntArray> bad) {
    GpuBackend gpu = backend(bad);
    String message = "gpu: cannot compile the kernel binary for " + gpu.device().name();
    assertThatThrownBy(() -> Backends.with(gpu, () -> Tensor.ones(3).add(1).toFloats()))
        .as("alone")
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith(message)
        .message()
        .doesNotContain("\u001b", "\n");
    assertThatThrownBy(() ->
            Backends.with(
                gpu,
                () -> {
                  Tensor x = Tensor.ones(3);
                  return gpu.step(() -> List.of(x.unary(UnaryOp.EXP).add(1).sum()));
                }))
        .as("among others in a step")
        .hasMessageStartingWith(message);
    float good = Backends.with(gpu, () -> Tensor.ones(3).unary(UnaryOp.EXP).toFloats()[2]);
    assertThat(good).as("of another kernel, afterwards").isCloseTo((float) Math.E, within(1e-6f));
  }

  @Test
  void whatIsNoKernelIsNamed() {
    requireNamed(GpuFaultsTest::objects);
  }

  @Test
  void whatTheDriverRejectsIsNamed() {
    requireNamed(GpuFaultsTest::M_PI_F);
  }
}

package smalti.gpu;

import smalti.gpu.kernel.Kernel;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task6;
import uk.ac.manchester.tornado.api.enums.TornadoDeviceType;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Says how many threads a kernel runs on a device: as many as fill it, whatever the shapes.
///
/// The threads of a GPU walk side by side, so that neighbours read neighbouring numbers. A CPU runs
/// one thread of a work-group after the other, and each would walk through all of the memory in
/// long strides; so there a kernel that allows it gets one thread for each compute unit, and
/// products and attention have code of their own. `-Dsmalti.gpu.as=gpu` has a CPU run what a GPU
/// would, so that it can be tested without one.
class Grid {
  /// Work-groups for each compute unit.
  private static final int GROUPS = 4;

  private final int units;
  private final boolean isCpu;

  Grid(TornadoDevice device) {
    this.units = Math.max(1, device.getPhysicalDevice().getDeviceMaxComputeUnits());
    this.isCpu =
        device.getDeviceType() == TornadoDeviceType.CPU
            && !"gpu".equals(System.getProperty("smalti.gpu.as"));
  }

  WorkerGrid of(Kernel kernel) {
    int local = isCpu && kernel.oneOnCpu() ? 1 : kernel.threads();
    return workers(threads(kernel), local);
  }

  /// Returns what runs as a kernel on the device.
  Task6<KernelContext, FloatArray, FloatArray, IntArray, IntArray, IntArray> code(Kernel kernel) {
    return isCpu ? kernel.codeOnCpu() : kernel.code();
  }

  /// Returns the number of all threads of a kernel.
  int threads(Kernel kernel) {
    return isCpu && kernel.oneOnCpu() ? units : GROUPS * units * kernel.threads();
  }

  static WorkerGrid workers(int all, int local) {
    WorkerGrid grid = new WorkerGrid1D(all);
    grid.setLocalWork(local, 1, 1);
    return grid;
  }
}

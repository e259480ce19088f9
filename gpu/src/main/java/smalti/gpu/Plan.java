package smalti.gpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import smalti.gpu.kernel.Kernel;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.ImmutableTaskGraph;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.TornadoExecutionResult;
import uk.ac.manchester.tornado.api.common.TaskPackage;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.enums.ProfilerMode;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Is a sequence of kernels made ready to run any number of times: TornadoVM's graphs of at most
/// [#TASKS] tasks in one execution plan.
///
/// All plans share one heap: each begins with the same graph, the anchor, from which the next takes
/// the heap's buffer. All other graphs bear one name, and so do their n-th tasks of one kernel:
/// they share its compiled code.
final class Plan {
  /// The most tasks of a graph.
  static final int TASKS = 60;

  static final String GRAPH = "smalti";
  private static final String ANCHOR = "anchor";

  private final TornadoExecutionPlan plan;
  private final GridScheduler grids = new GridScheduler();
  private final FloatArray floats;
  private final IntArray ints;
  private final IntArray words;
  private final List<Integer> sizes = new ArrayList<>(); // tasks of each graph
  private final int tasks;
  private final @Nullable Kernel only; // if there is but one
  private boolean begun;

  /// Makes a plan.
  ///
  /// @param lengths of the floats, the integers and the words
  /// @param changing whether the words may differ from run to run
  Plan(
      TornadoDevice device,
      ImmutableTaskGraph anchor,
      FloatArray heap,
      Grid grid,
      List<Kernel> kernels,
      int[] starts,
      int[] lengths,
      boolean changing) {
    this.floats = new FloatArray(lengths[0]);
    this.ints = new IntArray(lengths[1]);
    this.words = new IntArray(lengths[2]);
    this.tasks = kernels.size();
    this.only = tasks == 1 ? kernels.getFirst() : null;
    KernelContext context = new KernelContext();
    List<ImmutableTaskGraph> all = new ArrayList<>();
    all.add(anchor);
    for (int from = 0; from < kernels.size(); from += TASKS) {
      int to = Math.min(from + TASKS, kernels.size());
      TaskGraph graph = new TaskGraph(GRAPH);
      if (from == 0) {
        graph.consumeFromDevice(ANCHOR, heap);
        graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, floats, ints);
        graph.transferToDevice(
            changing ? DataTransferMode.EVERY_EXECUTION : DataTransferMode.FIRST_EXECUTION, words);
      } else {
        graph.consumeFromDevice(GRAPH, heap, floats, ints, words);
      }
      IntArray[] places = new IntArray[to - from];
      for (int i = from; i < to; i++) {
        places[i - from] = IntArray.fromElements(starts[i], 0);
      }
      graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, (Object[]) places);
      int[] seen = new int[Kernel.values().length];
      int added = 0;
      for (int i = from; i < to; i++) {
        Kernel k = kernels.get(i);
        String name = k.task() + "_" + seen[k.ordinal()]++;
        TaskPackage task =
            new TaskPackage(
                name, grid.code(k), context, heap, floats, ints, words, places[i - from]);
        try {
          graph.addTask(task);
        } catch (RuntimeException e) {
          throw Failure.compiling(k, device.getPhysicalDevice().getDeviceName(), e);
        }
        grids.addWorkerGrid(GRAPH + "." + name, grid.of(k));
        added++;
      }
      sizes.add(added);
      graph.persistOnDevice(heap, floats, ints, words);
      graph.transferToHost(DataTransferMode.UNDER_DEMAND, heap);
      all.add(graph.snapshot());
    }
    grids.addWorkerGrid(ANCHOR + "." + ANCHOR, Grid.workers(64, 64));
    plan = new TornadoExecutionPlan(all.toArray(ImmutableTaskGraph[]::new));
    plan.withDevice(device)
        .withGridScheduler(grids)
        // Without TornadoVM's -cl-fast-relaxed-math, which takes NaN and infinities for impossible.
        .withCompilerFlags(TornadoVMBackendType.OPENCL, "-cl-mad-enable -w");
  }

  /// Makes the graph that owns the heap.
  static ImmutableTaskGraph anchor(FloatArray heap) {
    return new TaskGraph(ANCHOR)
        .task(ANCHOR, Kernel::anchor, new KernelContext(), heap)
        .persistOnDevice(heap)
        .snapshot();
  }

  /// Returns how many tasks each graph has, without the anchor.
  List<Integer> graphs() {
    return List.copyOf(sizes);
  }

  int tasks() {
    return tasks;
  }

  /// Returns the number of bytes that every run sends to the device.
  long bytesIn() {
    return 4L * (floats.getSize() + ints.getSize());
  }

  /// Runs a program. The anchor is needed once: then the plan's own graphs know the heap's buffer.
  ///
  /// @param profile where to add the times up, null for nowhere
  TornadoExecutionResult run(Program program, Meter.@Nullable Profile profile) {
    copy(program.floats(), floats);
    copy(program.ints(), ints);
    copy(program.words(), words);
    if (profile != null) {
      plan.withProfiler(ProfilerMode.SILENT);
    }
    if (!begun) {
      execute(0);
      begun = true;
    }
    TornadoExecutionResult result = null;
    for (int g = 1; g <= sizes.size(); g++) {
      result = execute(g);
      if (profile != null) {
        profile.add(result.getProfilerResult(), only);
      }
    }
    if (result == null) {
      throw new IllegalStateException("gpu: a plan without tasks");
    }
    if (profile != null) {
      profile.tasks += tasks;
      plan.withoutProfiler();
    }
    return result;
  }

  private TornadoExecutionResult execute(int graph) {
    return plan.withGraph(graph).withGridScheduler(grids).execute();
  }

  private static void copy(float[] from, FloatArray to) {
    MemorySegment.copy(
        from, 0, to.getSegment(), ValueLayout.JAVA_FLOAT, 0, Math.min(from.length, to.getSize()));
  }

  private static void copy(int[] from, IntArray to) {
    MemorySegment.copy(
        from, 0, to.getSegment(), ValueLayout.JAVA_INT, 0, Math.min(from.length, to.getSize()));
  }

  /// Names the kernels, for messages.
  static String names(List<Kernel> kernels) {
    return kernels.stream().distinct().map(Kernel::task).collect(Collectors.joining(", "));
  }
}

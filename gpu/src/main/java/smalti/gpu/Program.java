package smalti.gpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import smalti.gpu.kernel.Kernel;

/// Is what a device runs: tasks one after the other, with their words, and the numbers of this run.
///
/// @param tasks the kernels
/// @param starts where in the words each task's begin
/// @param words sizes, places and the like: the same for every run of the same shapes
/// @param floats scalars, then what is loaded to the heap
/// @param ints ids, orders and keys
record Program(List<Kernel> tasks, int[] starts, int[] words, float[] floats, int[] ints) {

  /// Joins calls of one kernel that follow each other and do not touch each other's results.
  static List<List<Call>> joined(List<Call> calls) {
    List<List<Call>> tasks = new ArrayList<>();
    for (Call call : calls) {
      List<Call> last = tasks.isEmpty() ? List.of() : tasks.getLast();
      if (!last.isEmpty()
          && call.kernel().joins()
          && last.getFirst().kernel() == call.kernel()
          && last.stream().noneMatch(call::clashes)) {
        last.add(call);
      } else {
        tasks.add(new ArrayList<>(List.of(call)));
      }
    }
    return tasks;
  }

  /// Puts a program together; every storage has its place.
  ///
  /// @param loads arrays that the program begins by loading to the heap
  static Program of(List<List<Call>> calls, List<Load> loads) {
    int scalars = 0;
    for (List<Call> task : calls) {
      for (Call call : task) {
        scalars += call.scalars().size();
      }
    }
    int size = scalars + loads.stream().mapToInt(l -> l.data().length).sum();
    float[] floats = new float[Math.max(1, size)];
    Words words = new Words();
    Words ints = new Words();
    List<Kernel> tasks = new ArrayList<>();
    List<Integer> starts = new ArrayList<>();
    int at = scalars;
    if (!loads.isEmpty()) {
      tasks.add(Kernel.LOAD);
      starts.add(0);
      words.add(loads.size());
      for (Load load : loads) {
        words.add(load.data().length, load.to().base(), at);
        System.arraycopy(load.data(), 0, floats, at, load.data().length);
        at += load.data().length;
      }
    }
    at = 0;
    for (List<Call> task : calls) {
      tasks.add(task.getFirst().kernel());
      starts.add(words.size());
      words.add(task.size());
      for (Call call : task) {
        words.add(call.resolved(at, ints.size()));
        for (double s : call.scalars()) {
          floats[at++] = (float) s;
        }
        call.ints().forEach(ints::add);
      }
    }
    return new Program(
        tasks,
        starts.stream().mapToInt(i -> i).toArray(),
        words.all(),
        floats,
        ints.size() == 0 ? new int[1] : ints.all());
  }

  /// Is an array of the host that goes to the heap.
  record Load(float[] data, GpuStorage to) {}

  private static final class Words {
    private int[] array = new int[1024];
    private int size;

    void add(int... more) {
      if (size + more.length > array.length) {
        array = Arrays.copyOf(array, 2 * array.length + more.length);
      }
      System.arraycopy(more, 0, array, size, more.length);
      size += more.length;
    }

    int size() {
      return size;
    }

    int[] all() {
      return Arrays.copyOf(array, size);
    }
  }
}

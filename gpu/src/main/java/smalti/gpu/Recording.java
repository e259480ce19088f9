package smalti.gpu;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import smalti.gpu.Call.Access;

/// Collects the calls of a step and gives its tensors places: two whose lives do not meet may lie
/// in the same one.
final class Recording {
  private final List<Call> calls = new ArrayList<>();
  private final List<GpuStorage> storages = new ArrayList<>();
  private final Map<float[], Program.Load> loads = new IdentityHashMap<>();
  private final List<Program.Load> inOrder = new ArrayList<>();
  private int length;

  void add(Call call) {
    calls.add(call);
  }

  void add(GpuStorage storage) {
    storages.add(storage);
  }

  /// Returns the last call, if there is one.
  List<Call> last() {
    return calls.isEmpty() ? List.of() : List.of(calls.getLast());
  }

  /// Returns the storage to which an array of the host is loaded when the step begins.
  GpuStorage loaded(float[] data, GpuBackend backend) {
    Program.Load load = loads.get(data);
    if (load == null) {
      GpuStorage to = new GpuStorage(backend, data.length, true);
      to.markWritten();
      storages.add(to);
      load = new Program.Load(data, to);
      loads.put(data, load);
      inOrder.add(load);
    }
    return load.to();
  }

  boolean isEmpty() {
    return calls.isEmpty();
  }

  /// Puts the step together; empty if the heap has no room for it now.
  ///
  /// @param kept what is read when the step is over
  Optional<Program> program(Heap heap, List<GpuStorage> kept) {
    List<List<Call>> tasks = Program.joined(calls);
    Map<GpuStorage, int[]> lives = lives(tasks, kept);
    length = place(lives);
    int base = heap.room(length);
    if (base < 0) {
      return Optional.empty();
    }
    lives.keySet().forEach(s -> s.place(base + s.base()));
    return Optional.of(Program.of(tasks, inOrder));
  }

  /// Returns how many floats the step needs, once [#program] has counted them.
  int length() {
    return length;
  }

  void forget() {
    storages.forEach(GpuStorage::forget);
  }

  /// Returns the first and the last task that use each storage.
  private Map<GpuStorage, int[]> lives(List<List<Call>> tasks, List<GpuStorage> kept) {
    Map<GpuStorage, int[]> lives = new IdentityHashMap<>();
    inOrder.forEach(load -> lives.put(load.to(), new int[] {-1, -1}));
    for (int t = 0; t < tasks.size(); t++) {
      for (Call call : tasks.get(t)) {
        for (Access a : call.accesses()) {
          if (a.storage().ofStep()) {
            int task = t;
            lives.computeIfAbsent(a.storage(), s -> new int[] {task, task})[1] = t;
          }
        }
      }
    }
    kept.forEach(s -> lives.computeIfAbsent(s, k -> new int[] {0, 0})[1] = tasks.size());
    return lives;
  }

  /// Places storages from 0 on: in order of their beginnings, each at the lowest place that is free
  /// while it lives. Returns the length of all.
  private int place(Map<GpuStorage, int[]> lives) {
    List<GpuStorage> order = new ArrayList<>(storages);
    order.removeIf(s -> !lives.containsKey(s));
    order.sort(Comparator.comparingInt((GpuStorage s) -> begin(lives, s)));
    TreeMap<Long, GpuStorage> placed = new TreeMap<>();
    long length = 0;
    for (GpuStorage s : order) {
      int begin = begin(lives, s);
      placed.values().removeIf(other -> end(lives, other) < begin);
      long at = 0;
      long n = Heap.rounded(Math.max(1, s.length()));
      for (Map.Entry<Long, GpuStorage> e : placed.entrySet()) {
        if (e.getKey() - at >= n) {
          break;
        }
        at = e.getKey() + Heap.rounded(Math.max(1, e.getValue().length()));
      }
      if (at + n > Integer.MAX_VALUE) {
        throw new IllegalStateException("gpu: a step needs more than 2³¹ numbers at once");
      }
      s.place((int) at);
      placed.put(at, s);
      length = Math.max(length, at + n);
    }
    return (int) length;
  }

  private static int begin(Map<GpuStorage, int[]> lives, GpuStorage s) {
    int[] life = lives.get(s);
    return life == null ? 0 : life[0];
  }

  private static int end(Map<GpuStorage, int[]> lives, GpuStorage s) {
    int[] life = lives.get(s);
    return life == null ? 0 : life[1];
  }
}

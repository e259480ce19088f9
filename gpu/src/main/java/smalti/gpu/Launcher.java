package smalti.gpu;

import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import smalti.gpu.kernel.Kernel;
import smalti.tensor.DType;
import smalti.tensor.Layout;
import smalti.tensor.Shape;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;

/// Brings calls to the device: at once, or, in a step, all together at its end. Tensors of the host
/// are sent when a call needs them and, outside a step, fetched when a call has written them.
abstract class Launcher {
  private static final Cleaner CLEANER = Cleaner.create();
  private static final int CHUNK = 1 << 20;
  private static final int ATTEMPTS = 5;

  private final Device device;
  private final ConcurrentLinkedQueue<int[]> dead = new ConcurrentLinkedQueue<>();
  private final Map<Storage.F32, GpuStorage> mirrors = new IdentityHashMap<>();
  private final List<Storage.F32> mirrorsWritten = new ArrayList<>();
  private @Nullable Recording recording;
  private @Nullable Plan lastStep;

  Launcher(Device device) {
    this.device = device;
  }

  abstract GpuBackend self();

  Device device() {
    return device;
  }

  /// Returns the plan of the last step.
  @Nullable Plan lastStep() {
    return lastStep;
  }

  // ---- memory ----

  Storage allocateFloats(int length) {
    if (recording != null) {
      GpuStorage s = new GpuStorage(self(), length, true);
      recording.add(s);
      return s;
    }
    return allocateOnHeap(length);
  }

  private GpuStorage allocateOnHeap(int length) {
    sweep();
    int at = device.heap().take(length);
    while (at < 0) {
      for (int attempt = 0; at < 0 && attempt < ATTEMPTS; attempt++) {
        collect();
        at = device.heap().take(length);
      }
      if (at < 0 && !device.heap().raise()) {
        break;
      }
    }
    if (at < 0) {
      throw outOfMemory("a tensor", length, device.heap());
    }
    GpuStorage s = new GpuStorage(self(), length, false);
    s.place(at);
    int[] place = {at, length};
    ConcurrentLinkedQueue<int[]> queue = dead;
    CLEANER.register(s, () -> queue.add(place));
    return s;
  }

  /// Gives back the places of tensors that the garbage collector has found.
  private void sweep() {
    for (int[] d = dead.poll(); d != null; d = dead.poll()) {
      device.heap().give(d[0], d[1]);
    }
  }

  /// Lets the garbage collector find tensors that nobody holds any more.
  private void collect() {
    System.gc();
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    sweep();
  }

  /// Puts a step together; if tensors are in its way, those that nobody holds any more are removed.
  private Program placed(Recording r, List<GpuStorage> kept) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Optional<Program> program = r.program(device.heap(), kept);
      if (program.isPresent()) {
        return program.get();
      }
      collect();
    }
    throw outOfMemory("a step", r.length(), device.heap());
  }

  static IllegalArgumentException outOfMemory(String what, long floats, Heap heap) {
    return new IllegalArgumentException(
        ("gpu: out of device memory: %s needs %.1f MB, %.1f of %.1f MB are left; lower the batch or"
                + " the sizes in config.json, or give more with SMALTI_OPTS=-Dsmalti.gpu.memory=4g")
            .formatted(what, 4e-6 * floats, 4e-6 * heap.left(), 4e-6 * heap.size()));
  }

  // ---- calls ----

  /// Returns where a tensor lies on the device.
  ///
  /// @param writes whether the call overwrites it
  GpuStorage at(Tensor t, boolean writes) {
    return at(t, writes, writes);
  }

  /// Returns where a tensor lies that the call changes.
  GpuStorage changed(Tensor t) {
    return at(t, true, false);
  }

  private GpuStorage at(Tensor t, boolean writes, boolean overwrites) {
    GpuStorage s =
        switch (t.storage()) {
          case GpuStorage own -> own;
          case Storage.F32 host -> mirror(host, writes);
          default ->
              throw new IllegalStateException(
                  "gpu: computes in F32 only; got " + t.storage().dtype());
        };
    if (!s.written()) {
      // A full write needs no zeros before it.
      boolean full = overwrites && t.elements() == s.length();
      s.markWritten();
      if (!full && s.length() > 0) {
        zero(s);
      }
    }
    return s;
  }

  private void zero(GpuStorage s) {
    Layout whole = Layout.contiguous(Shape.of(s.length()));
    Axes axes = Axes.of(6, whole.shape(), whole);
    Call call =
        new Call(Kernel.FILL)
            .num(s.length())
            .scalar(0)
            .num(axes.rank())
            .num(axes.sizes())
            .writes(s, whole)
            .num(axes.strides()[0]);
    if (s.ofStep() && recording != null) {
      recording.add(call);
    } else {
      device.runOnce(Program.of(List.of(List.of(call)), List.of()));
    }
  }

  private GpuStorage mirror(Storage.F32 host, boolean writes) {
    if (recording != null) {
      if (writes) {
        throw new IllegalStateException(
            "gpu: a step writes to a tensor of the host; make models and optimisers under the"
                + " device's backend");
      }
      return recording.loaded(host.array(), self());
    }
    if (writes && !mirrorsWritten.contains(host)) {
      mirrorsWritten.add(host);
    }
    GpuStorage mirror = mirrors.get(host);
    if (mirror == null) {
      mirror = allocateOnHeap(host.length());
      mirrors.put(host, mirror);
      write(mirror, 0, host.array());
    }
    return mirror;
  }

  Call call(Kernel kernel) {
    return new Call(kernel);
  }

  /// Runs a call, or keeps it for the end of the step.
  void launch(Call... calls) {
    if (recording != null) {
      for (Call c : calls) {
        recording.add(c);
      }
      return;
    }
    try {
      for (Call c : calls) {
        device.runOnce(Program.of(List.of(List.of(c)), List.of()));
      }
      for (Storage.F32 host : mirrorsWritten) {
        GpuStorage mirror = mirrors.get(host);
        if (mirror != null) {
          float[] now = device.read(mirror.base(), mirror.length());
          System.arraycopy(now, 0, host.array(), 0, now.length);
        }
      }
    } finally {
      mirrors.clear();
      mirrorsWritten.clear();
    }
  }

  /// Returns the call recorded last in this step, if there is one.
  List<Call> recordedLast() {
    return recording == null ? List.of() : recording.last();
  }

  boolean isRecording() {
    return recording != null;
  }

  // ---- between host and device ----

  /// Reads numbers back.
  float[] read(GpuStorage s, int from, int count) {
    if (recording != null) {
      throw new IllegalStateException(
          "gpu: a step reads a result before it has run; return the tensor from the step and read"
              + " it then");
    }
    return s.written() ? device.read(s.base() + from, count) : new float[count];
  }

  /// Sends numbers, by way of a kernel that copies them to their place.
  final void write(GpuStorage s, int from, float[] data) {
    if (recording != null) {
      throw new IllegalStateException("gpu: a step writes single numbers; do it before the step");
    }
    if (!s.written()) {
      s.markWritten();
      if (data.length < s.length()) {
        zero(s);
      }
    }
    GpuStorage part = new GpuStorage(self(), s.length(), false);
    for (int at = 0; at < data.length; at += CHUNK) {
      int n = Math.min(CHUNK, data.length - at);
      part.place(s.base() + from + at);
      float[] piece = n == data.length ? data : Arrays.copyOfRange(data, at, at + n);
      device.runOnce(Program.of(List.of(), List.of(new Program.Load(piece, part))));
    }
  }

  /// Runs a step: records what it does, then runs it as one plan and reads its results.
  List<Tensor> recorded(Supplier<List<Tensor>> body) {
    if (recording != null) {
      throw new IllegalStateException("gpu: a step inside a step");
    }
    Recording r = new Recording();
    recording = r;
    try {
      List<Tensor> results = new ArrayList<>();
      for (Tensor t : body.get()) {
        results.add(t.contiguous());
      }
      List<GpuStorage> kept = new ArrayList<>();
      for (Tensor t : results) {
        if (t.storage() instanceof GpuStorage s && s.ofStep()) {
          at(t, false);
          kept.add(s);
        }
      }
      recording = null;
      if (!r.isEmpty()) {
        lastStep = device.runStep(placed(r, kept));
      }
      return results.stream().map(Launcher::fetched).toList();
    } finally {
      recording = null;
      r.forget();
    }
  }

  private static Tensor fetched(Tensor t) {
    return t.dtype() == DType.F32 && t.storage() instanceof GpuStorage
        ? Tensor.of(t.toFloats(), t.shape().toArray())
        : t;
  }
}

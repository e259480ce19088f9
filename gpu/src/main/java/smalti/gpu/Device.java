package smalti.gpu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import smalti.gpu.kernel.Kernel;
import uk.ac.manchester.tornado.api.DataRange;
import uk.ac.manchester.tornado.api.ImmutableTaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionResult;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/// Runs programs on one device of TornadoVM and owns its heap.
final class Device {
  private static final long MOST = 4L * (Integer.MAX_VALUE - 1024);

  private record Key(List<Kernel> kernels, int[] numbers) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Key k
          && kernels.equals(k.kernels)
          && Arrays.equals(numbers, k.numbers);
    }

    @Override
    public int hashCode() {
      return 31 * kernels.hashCode() + Arrays.hashCode(numbers);
    }
  }

  private final TornadoDevice device;
  private final Heap heap;
  private final FloatArray floats;
  private final Grid grid;
  private final ImmutableTaskGraph anchor;
  private final Map<Key, Plan> plans = new HashMap<>();
  private @Nullable TornadoExecutionResult result;
  private Meter.@Nullable Profile profile;
  private long bytesOut;
  private long bytesIn;

  Device(TornadoDevice device, long bytes) {
    this(device, bytes, new Grid(device));
  }

  Device(TornadoDevice device, long bytes, Grid grid) {
    this.device = device;
    long size = Math.min(Math.min(bytes, MOST), device.getMaxAllocMemory() - 64);
    this.heap = new Heap((int) (size / 4));
    this.floats = FloatArray.fromSegmentShallow(unbacked(4L * heap.size()));
    this.grid = grid;
    this.anchor = Plan.anchor(floats);
  }

  /// Returns memory for the heap's copy on the host, of which only what is read back is ever
  /// touched: a file without contents.
  private static MemorySegment unbacked(long bytes) {
    try {
      Path file = Files.createTempFile("smalti", ".heap");
      try (FileChannel channel =
          FileChannel.open(
              file,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE)) {
        return channel.map(
            FileChannel.MapMode.READ_WRITE,
            0,
            bytes + TornadoNativeArray.ARRAY_HEADER,
            Arena.global());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Heap heap() {
    return heap;
  }

  String name() {
    return device.getPhysicalDevice().getDeviceName();
  }

  Grid grid() {
    return grid;
  }

  /// Has the times of what runs from now on added up; null for no more.
  void profile(Meter.@Nullable Profile to) {
    profile = to;
  }

  /// Returns the number of plans made so far: each was compiled.
  int plans() {
    return plans.size();
  }

  /// Returns the number of bytes sent to the device so far.
  long bytesIn() {
    return bytesIn;
  }

  /// Returns the number of bytes read back so far.
  long bytesOut() {
    return bytesOut;
  }

  /// Runs a program whose words may differ at the next run: a single call.
  void runOnce(Program p) {
    int[] sizes = {
      room(p.floats().length, 64), room(p.ints().length, 16), room(p.words().length, 256)
    };
    int[] key = Arrays.copyOf(sizes, 3 + p.starts().length);
    System.arraycopy(p.starts(), 0, key, 3, p.starts().length);
    run(p, plan(new Key(p.tasks(), key), p, sizes, true));
  }

  /// Runs a program that is run again with the same words: a step. Returns its plan.
  Plan runStep(Program p) {
    int[] sizes = {p.floats().length, p.ints().length, p.words().length};
    int[] key = Arrays.copyOf(p.words(), p.words().length + 3);
    System.arraycopy(sizes, 0, key, p.words().length, 3);
    Plan plan = plan(new Key(p.tasks(), key), p, sizes, false);
    run(p, plan);
    return plan;
  }

  private static int room(int n, int least) {
    int room = least;
    while (room < n) {
      room *= 16;
    }
    return room;
  }

  private Plan plan(Key key, Program p, int[] sizes, boolean changing) {
    Plan plan = plans.get(key);
    if (plan == null) {
      plan = new Plan(device, anchor, floats, grid, p.tasks(), p.starts(), sizes, changing);
      plans.put(key, plan);
    }
    return plan;
  }

  private void run(Program p, Plan plan) {
    try {
      result = plan.run(p, profile);
      bytesIn += plan.bytesIn();
    } catch (RuntimeException e) {
      throw Failure.running(p.tasks(), name(), e);
    }
  }

  /// Reads part of the heap.
  float[] read(int from, int count) {
    float[] out = new float[count];
    TornadoExecutionResult r = result;
    if (count > 0 && r != null) {
      r.transferToHost(new DataRange(floats).withOffset(from).withSize(count));
      MemorySegment.copy(floats.getSegment(), ValueLayout.JAVA_FLOAT, 4L * from, out, 0, count);
      bytesOut += 4L * count;
    }
    return out;
  }
}

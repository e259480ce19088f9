package smalti.gpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import smalti.gpu.kernel.Kernel;
import smalti.tensor.Layout;

/// Is one entry of a task: words, of which some are places of tensors, scalars or integers that are
/// known only when a program is put together.
final class Call {
  /// Is a part of a storage that the call reads or writes.
  ///
  /// @param word where its place stands among the words
  record Access(GpuStorage storage, long from, long to, boolean writes, int word) {
    boolean clashes(Access other) {
      return storage == other.storage
          && (writes || other.writes)
          && from < other.to
          && other.from < to;
    }
  }

  private final Kernel kernel;
  private int[] words = new int[32];
  private int count;
  private final List<Access> accesses = new ArrayList<>(4);
  private final List<Integer> scalarWords = new ArrayList<>(2);
  private final List<Double> scalars = new ArrayList<>(2);
  private final List<Integer> intWords = new ArrayList<>(1);
  private final List<int[]> ints = new ArrayList<>(1);

  Call(Kernel kernel) {
    this.kernel = kernel;
  }

  Kernel kernel() {
    return kernel;
  }

  int size() {
    return count;
  }

  int word(int i) {
    return words[i];
  }

  List<Access> accesses() {
    return accesses;
  }

  List<Double> scalars() {
    return scalars;
  }

  List<int[]> ints() {
    return ints;
  }

  Call num(int... values) {
    if (count + values.length > words.length) {
      words = Arrays.copyOf(words, 2 * words.length + values.length);
    }
    System.arraycopy(values, 0, words, count, values.length);
    count += values.length;
    return this;
  }

  Call scalar(double value) {
    scalarWords.add(count);
    scalars.add(value);
    return num(0);
  }

  Call integers(int... values) {
    intWords.add(count);
    ints.add(values);
    return num(0);
  }

  Call reads(GpuStorage storage, Layout layout) {
    return access(storage, layout, false);
  }

  Call writes(GpuStorage storage, Layout layout) {
    return access(storage, layout, true);
  }

  private Call access(GpuStorage storage, Layout layout, boolean writes) {
    long last = layout.offset();
    for (int d = 0; d < layout.shape().rank(); d++) {
      last += (long) Math.max(0, layout.shape().dim(d) - 1) * layout.stride(d);
    }
    accesses.add(new Access(storage, layout.offset(), last + 1, writes, count));
    return num(layout.offset());
  }

  /// Replaces a word by a place: an epilogue is added to a product that was recorded before.
  void attach(int word, GpuStorage storage, Layout layout, boolean writes) {
    int end = count;
    count = word;
    access(storage, layout, writes);
    count = end;
  }

  void change(int word, int value) {
    words[word] = value;
  }

  boolean clashes(Call other) {
    for (Access a : accesses) {
      for (Access b : other.accesses) {
        if (a.clashes(b)) {
          return true;
        }
      }
    }
    return false;
  }

  /// Writes the words with everything in its place.
  ///
  /// @param firstScalar where the call's scalars begin among the floats of the run
  /// @param firstInt where its integers begin
  int[] resolved(int firstScalar, int firstInt) {
    int[] out = Arrays.copyOf(words, count);
    for (Access a : accesses) {
      out[a.word()] += a.storage().base();
    }
    for (int i = 0; i < scalarWords.size(); i++) {
      out[scalarWords.get(i)] = firstScalar + i;
    }
    int at = firstInt;
    for (int i = 0; i < intWords.size(); i++) {
      out[intWords.get(i)] = at;
      at += ints.get(i).length;
    }
    return out;
  }
}

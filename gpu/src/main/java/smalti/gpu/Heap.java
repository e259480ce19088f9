package smalti.gpu;

import java.util.Map;
import java.util.TreeMap;

/// Hands out places of the device's heap, first fit; places are multiples of 16 floats. The room of
/// steps is taken from the upper end and is not handed out. Tensors keep below a limit that is
/// raised only when what lives does not fit: what is dead and not yet found would otherwise spread
/// what lives over the whole heap, and leave no room for a step.
final class Heap {
  private static final int UNIT = 16;

  private final int size;
  private int top;
  private int limit;
  private final TreeMap<Integer, Integer> free = new TreeMap<>(); // place → length

  Heap(int size) {
    this.size = size / UNIT * UNIT;
    this.top = this.size;
    this.limit = this.size / 4;
    free.put(UNIT, this.size - UNIT); // the anchor writes the first float
  }

  static int rounded(int length) {
    return (int) Math.min(Integer.MAX_VALUE - UNIT, ((long) length + UNIT - 1) / UNIT * UNIT);
  }

  /// Returns a place below the limit, or −1 if there is none.
  int take(int length) {
    int n = Math.max(UNIT, rounded(length));
    int at = -1;
    int rest = 0;
    for (Map.Entry<Integer, Integer> e : free.entrySet()) {
      if (e.getValue() >= n && e.getKey() + (long) n <= Math.min(top, limit)) {
        at = e.getKey();
        rest = e.getValue() - n;
        break;
      }
    }
    if (at >= 0) {
      free.remove(at);
      if (rest > 0) {
        free.put(at + n, rest);
      }
    }
    return at;
  }

  /// Raises the limit, as far as the room of steps; returns whether it was lower.
  boolean raise() {
    boolean lower = limit < top;
    limit = (int) Math.min(top, 2L * limit);
    return lower;
  }

  void give(int at, int length) {
    int from = at;
    int n = Math.max(UNIT, rounded(length));
    Map.Entry<Integer, Integer> before = free.lowerEntry(at);
    if (before != null && before.getKey() + before.getValue() == at) {
      from = before.getKey();
      n += before.getValue();
    }
    Integer after = free.remove(at + Math.max(UNIT, rounded(length)));
    if (after != null) {
      n += after;
    }
    free.put(from, n);
  }

  /// Returns where the room of a step of this length begins, or −1 if tensors are in its way.
  int room(int length) {
    int from = size - rounded(length);
    Map.Entry<Integer, Integer> last = free.lastEntry();
    boolean fits = last != null && last.getKey() <= from && last.getKey() + last.getValue() == size;
    if (fits) {
      top = Math.min(top, from);
    }
    return fits ? from : -1;
  }

  /// Returns the number of floats that are neither handed out nor a step's room.
  long left() {
    long sum = 0;
    for (Map.Entry<Integer, Integer> e : free.entrySet()) {
      sum += Math.max(0, Math.min(e.getKey() + (long) e.getValue(), top) - e.getKey());
    }
    return sum;
  }

  int size() {
    return size;
  }
}

package smalti.nn.layer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import smalti.tensor.AttentionPattern;
import smalti.tensor.ShapeException;
import smalti.tensor.Tensor;
import smalti.tensor.backend.AttentionPart;
import smalti.tensor.backend.Backends;

/// Keeps the keys and values of earlier positions of one attention layer, so that sampling computes
/// each position once. It is written in place and has no gradients.
///
/// The first positions, the *prefix* (in DALL·E the text), are seen by all later ones. They are
/// kept once for all entries of the batch that [#select] derives from the same entry. Of the later
/// positions only those are kept that the pattern still lets somebody see, in the [Slots] of a
/// ring. Where entries share a prefix, a step attends to it for all of them at once, then to each
/// entry's ring, and joins the two softmaxes by their denominators.
public final class KeyValueCache {
  private final AttentionPattern pattern;
  private final int capacity;
  private final Store prefix; // (P, H, prefix, D)
  private final int[] prefixRow; // of each entry of the batch
  private final Store ring; // (B, H, slots, D)
  private final Slots slots;
  private int length;

  /// Holds keys and values of some positions, (B, H, S, D): a step reads all positions of a head,
  /// and a processor fetches ahead what is read from one end to the other.
  private record Store(Tensor keys, Tensor values) {
    static Store of(int batch, int heads, int positions, int width) {
      return new Store(
          Tensor.zeros(batch, heads, positions, width),
          Tensor.zeros(batch, heads, positions, width));
    }

    Store slice(int start, int end) {
      return new Store(keys.slice(2, start, end), values.slice(2, start, end));
    }

    Store row(int row) {
      return new Store(keys.slice(0, row, row + 1), values.slice(0, row, row + 1));
    }

    void copyFrom(Store other) {
      Backends.current().copy(other.keys, keys);
      Backends.current().copy(other.values, values);
    }
  }

  /// Makes an empty cache for up to `capacity` positions.
  ///
  /// @param pattern the layer's; if it has text, then as much as the prefix
  /// @param prefix number of first positions that all later ones see
  /// @param width width of one head
  public KeyValueCache(
      AttentionPattern pattern, int batch, int heads, int prefix, int capacity, int width) {
    this(
        pattern,
        capacity,
        Store.of(batch, heads, prefix, width),
        identity(batch),
        Store.of(batch, heads, Slots.of(pattern, prefix, capacity).count(), width),
        Slots.of(pattern, prefix, capacity),
        0);
  }

  private KeyValueCache(
      AttentionPattern pattern,
      int capacity,
      Store prefix,
      int[] prefixRow,
      Store ring,
      Slots slots,
      int length) {
    this.pattern = pattern;
    this.capacity = capacity;
    this.prefix = prefix;
    this.prefixRow = prefixRow;
    this.ring = ring;
    this.slots = slots;
    this.length = length;
  }

  private static int[] identity(int n) {
    int[] rows = new int[n];
    Arrays.setAll(rows, i -> i);
    return rows;
  }

  /// Returns the number of positions done.
  public int length() {
    return length;
  }

  /// Returns how many positions after the prefix are kept at most, for each entry of the batch.
  public int kept() {
    return ring.keys.dim(2);
  }

  /// Returns a cache in which entry `i` of the batch goes on from entry `rows[i]` here. The prefix
  /// is shared, what follows it is copied.
  ///
  /// @throws IllegalStateException if the prefix is not complete
  public KeyValueCache select(int[] rows) {
    if (length < prefix.keys.dim(2)) {
      throw new IllegalStateException(
          "KeyValueCache: only %d of %d positions of the prefix are there to be shared"
              .formatted(length, prefix.keys.dim(2)));
    }
    Tensor k = ring.keys;
    Store copy = Store.of(rows.length, k.dim(1), k.dim(2), k.dim(3));
    int[] from = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      from[i] = prefixRow[rows[i]];
      copy.row(i).copyFrom(ring.row(rows[i]));
    }
    return new KeyValueCache(pattern, capacity, prefix, from, copy, slots, length);
  }

  /// Adds new positions and attends from them to those that the pattern lets them see.
  ///
  /// @param qkv (B, T, 3C), queries, keys and values side by side
  /// @return (B, T, C)
  Tensor attend(Tensor qkv, double scale) {
    int steps = qkv.dim(1);
    int text = prefix.keys.dim(2);
    if (length + steps > capacity) {
      throw ShapeException.of(
          "KeyValueCache: %d positions do not fit a capacity of %d", length + steps, capacity);
    }
    Tensor out = Tensor.zeros(qkv.dim(0), steps, qkv.dim(2) / 3); // (B, T, C)
    int done = 0;
    if (length < text && steps > 0) {
      done = Math.min(steps, text - length);
      readPrefix(qkv.slice(1, 0, done), scale, out.slice(1, 0, done));
    }
    for (; done < steps; done++) {
      step(qkv.slice(1, done, done + 1), scale, out.slice(1, done, done + 1));
    }
    return out;
  }

  /// Returns one of some equal parts of the last axis of x (B, T, …), as (B, H, T, D).
  private Tensor heads(Tensor x, int index) {
    int width = ring.keys.dim(1) * ring.keys.dim(3);
    return split(x.slice(2, index * width, (index + 1) * width));
  }

  /// Returns x (B, T, C) as (B, H, T, D).
  private Tensor split(Tensor x) {
    return x.reshape(x.dim(0), x.dim(1), ring.keys.dim(1), ring.keys.dim(3)).transpose(1, 2);
  }

  private void readPrefix(Tensor qkv, double scale, Tensor out) {
    int end = length + qkv.dim(1);
    prefix.slice(length, end).copyFrom(new Store(heads(qkv, 1), heads(qkv, 2)));
    Store seen = prefix.slice(0, end);
    AttentionPart part = attend(heads(qkv, 0), seen, new AttentionPattern.Causal(), scale, length);
    Backends.current().copy(part.out(), split(out));
    length = end;
  }

  private static AttentionPart attend(
      Tensor q, Store store, AttentionPattern pattern, double scale, int at) {
    Tensor memory = Tensor.zeros(q.dim(0), q.dim(2), q.dim(1), q.dim(3)); // (B, T, H, D)
    Tensor lse = Tensor.zeros(q.dim(0), q.dim(1), q.dim(2));
    AttentionPart part = new AttentionPart(memory.transpose(1, 2), lse);
    Backends.current()
        .attention(q, store.keys, store.values, pattern, scale, at, part.out(), part.lse());
    return part;
  }

  /// Does one position after the prefix.
  private void step(Tensor qkv, double scale, Tensor out) {
    Tensor q = heads(qkv, 0); // (B, H, 1, D)
    int position = length - prefix.keys.dim(2);
    int slot = slots.slot(position);
    ring.slice(slot, slot + 1).copyFrom(new Store(heads(qkv, 1), heads(qkv, 2)));
    List<Store> seen = new ArrayList<>();
    AttentionPart others = null;
    if (prefix.keys.dim(2) > 0) {
      if (Arrays.equals(prefixRow, identity(prefix.keys.dim(0)))) {
        seen.add(prefix);
      } else {
        others = attendToPrefix(q, scale);
      }
    }
    for (Slots.Run run : slots.seen(position)) {
      seen.add(ring.slice(run.start(), run.end()));
    }
    List<Tensor> keys = seen.stream().map(Store::keys).toList();
    List<Tensor> values = seen.stream().map(Store::values).toList();
    Backends.current().attentionStep(q, keys, values, scale, others, split(out));
    length++;
  }

  /// Attends from one position of each entry to its prefix. Neighbours with the same prefix are
  /// queries of one product.
  private AttentionPart attendToPrefix(Tensor q, double scale) {
    AttentionPattern full = new AttentionPattern.Full();
    List<Tensor> outs = new ArrayList<>();
    List<Tensor> lses = new ArrayList<>();
    for (int start = 0; start < prefixRow.length; ) {
      int end = start + 1;
      while (end < prefixRow.length && prefixRow[end] == prefixRow[start]) {
        end++;
      }
      Tensor together = q.slice(0, start, end).permute(2, 1, 0, 3); // (1, H, n, D)
      AttentionPart part = attend(together, prefix.row(prefixRow[start]), full, scale, 0);
      outs.add(part.out().permute(2, 1, 0, 3)); // (n, H, 1, D)
      lses.add(part.lse().permute(2, 1, 0)); // (n, H, 1)
      start = end;
    }
    return outs.size() == 1
        ? new AttentionPart(outs.getFirst(), lses.getFirst())
        : new AttentionPart(Tensor.cat(outs, 0), Tensor.cat(lses, 0));
  }
}

package smalti.tensor.plain;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Parallel;
import smalti.tensor.Tensor;
import smalti.tensor.backend.AttentionPart;
import smalti.tensor.plain.Scratch.Slot;

/// Does attention for one query of each head, as in sampling. There is nothing to compute but what
/// is read once, so the time is that of reading the keys and values: of one entry of the batch
/// after the other, one head after the other, as a cache has them side by side.
final class AttentionStep {
  /// The fewest parts that the work is cut into, by heads where there are few entries.
  private static final int PARTS = 16;

  /// Numbers of keys that are worth waking another thread for.
  private static final int WORTHWHILE = 1 << 14;

  private final ElementLoops elements;
  private final RowLoops rows;
  private final MatrixLoops matrices;

  AttentionStep(ElementLoops elements, RowLoops rows, MatrixLoops matrices) {
    this.elements = elements;
    this.rows = rows;
    this.matrices = matrices;
  }

  void attend(
      Tensor q,
      List<Tensor> keys,
      List<Tensor> values,
      double scale,
      @Nullable AttentionPart others,
      Tensor out) {
    int entries = q.dim(0);
    int heads = q.dim(1);
    int positions = keys.stream().mapToInt(k -> k.dim(2)).sum();
    int together = Math.clamp((long) entries * heads / PARTS, 1, heads);
    int parts = Math.ceilDiv(heads, together);
    int work = Math.max(1, together * positions * q.dim(3));
    Parallel.range(
        entries * parts,
        Math.max(1, WORTHWHILE / work),
        (start, end) -> {
          for (int i = start; i < end; i++) {
            int first = i % parts * together;
            int last = Math.min(heads, first + together);
            Entry entry = new Entry(i / parts, first, last, positions, q.dim(3));
            entry.scores(q, keys, (float) scale);
            entry.weights();
            entry.sum(values);
            entry.finish(others, out);
          }
        });
  }

  private static int at(Tensor x, int entry, int head) {
    return Floats.at(x) + entry * x.layout().stride(0) + head * x.layout().stride(1);
  }

  /// Computes some heads of one entry of the batch.
  private final class Entry {
    private final int entry;
    private final int first;
    private final int heads;
    private final int positions;
    private final int width;
    private final float[] scores; // (heads, positions), later weights
    private final float[] sums; // (heads, width)
    private final float[] denominators;
    private final float[] largest;

    Entry(int entry, int first, int last, int positions, int width) {
      this.entry = entry;
      this.first = first;
      this.heads = last - first;
      this.positions = positions;
      this.width = width;
      this.scores = Scratch.floats(Slot.SCORES, heads * positions);
      this.sums = Scratch.floats(Slot.SUMS, heads * width);
      this.denominators = new float[heads];
      this.largest = new float[heads];
    }

    void scores(Tensor q, List<Tensor> keys, float scale) {
      float[] scaled = Scratch.floats(Slot.QUERIES, heads * width);
      for (int h = 0; h < heads; h++) {
        int from = at(q, entry, first + h);
        elements.affine(Floats.array(q), from, scale, 0, scaled, h * width, width);
      }
      int column = 0;
      for (Tensor k : keys) {
        int stride = k.layout().stride(2);
        for (int h = 0; h < heads; h++) {
          int from = at(k, entry, first + h);
          int to = h * positions + column;
          matrices.rowDots(
              scaled, h * width, Floats.array(k), from, stride, scores, to, k.dim(2), width);
        }
        column += k.dim(2);
      }
    }

    /// Turns scores into exponentials.
    void weights() {
      for (int h = 0; h < heads; h++) {
        int at = h * positions;
        largest[h] = rows.largest(scores, at, positions);
        denominators[h] = rows.exp(scores, at, largest[h], scores, at, positions);
      }
    }

    void sum(List<Tensor> values) {
      Arrays.fill(sums, 0, heads * width, 0);
      int column = 0;
      for (Tensor v : values) {
        int stride = v.layout().stride(2);
        for (int h = 0; h < heads; h++) {
          int from = at(v, entry, first + h);
          int weights = h * positions + column;
          matrices.addWeightedRows(
              scores, weights, Floats.array(v), from, stride, sums, h * width, v.dim(2), width);
        }
        column += v.dim(2);
      }
    }

    /// Divides the sums by the denominators and joins them with those over other keys.
    void finish(@Nullable AttentionPart others, Tensor out) {
      for (int h = 0; h < heads; h++) {
        float share = 1;
        int to = at(out, entry, first + h);
        if (others != null) {
          Tensor lse = others.lse();
          double other = Floats.array(lse)[at(lse, entry, first + h)];
          double own = largest[h] + Math.log(denominators[h]);
          share = (float) (1 / (1 + Math.exp(other - own)));
          int from = at(others.out(), entry, first + h);
          float rest = 1 - share;
          elements.affine(Floats.array(others.out()), from, rest, 0, Floats.array(out), to, width);
        }
        float factor = share / denominators[h];
        float keep = others == null ? 0 : 1;
        elements.axpby(factor, sums, h * width, keep, Floats.array(out), to, width);
      }
    }
  }
}

package smalti.tensor.simd;

import static smalti.tensor.simd.DotLoops.SIX;
import static smalti.tensor.simd.DotLoops.TWO;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.incubator.vector.FloatVector;
import smalti.tensor.Parallel;
import smalti.tensor.Parallel.Body;
import smalti.tensor.simd.WinogradTiles.Piece;
import smalti.tensor.simd.WinogradTiles.To;

/// Computes the gradient of a 3×3 convolution with respect to its weight by [Winograd]'s transform,
/// turned round: `Gᵀ·[Σ (A·dY·Aᵀ) ⊙ (Bᵀ·d·B)]·G`, summed over tiles and images. For each of the 16
/// places the sums over tiles are dot products of a row for each filter and a row for each channel.
///
/// Images pass in pieces of about [#TILES] tiles: the rows of channels and filters are transformed,
/// and then multiplied. The first and the last half of the pieces are summed apart and then added.
/// One or two threads do a half each, and no rows go from core to core; several do each piece
/// together.
final class ConvGradWinograd {
  /// Tiles of a piece: as long as rows must be for dot products to be fast.
  private static final int TILES = 512;

  /// Parts of the images that have sums of their own.
  private static final int PARTS = 2;

  /// The fewest channels times filters times pixels for which transforming pays.
  private static final int LEAST = 1 << 24;

  /// The most numbers of a piece, 16 MB.
  private static final int MOST = 1 << 22;

  private final ConvShape s;
  private final WinogradTiles pieces;

  /// The distance between rows: not a power of two.
  private final int row;

  private ConvGradWinograd(ConvShape s) {
    this.s = s;
    int most = MOST / (Winograd.PLACES * (s.channels() + s.filters()));
    pieces = new WinogradTiles(s, Math.min(TILES, most), PARTS);
    row = pieces.most() + 16;
  }

  /// Returns whether this is possible, and the faster way.
  static boolean suits(ConvShape s) {
    long pairs = (long) s.channels() * s.filters();
    return ConvWinograd.suits(s) && pairs * s.images() * s.pixels() >= LEAST;
  }

  /// Computes `dWeight` (O, C, 3, 3) and returns whether all of it is finite.
  static boolean run(
      ConvShape s, float[] x, int xAt, float[] dOut, int dOutAt, float[] dWeight, int dWeightAt) {
    return new ConvGradWinograd(s).compute(x, xAt, dOut, dOutAt, dWeight, dWeightAt);
  }

  private boolean compute(
      float[] x, int xAt, float[] dOut, int dOutAt, float[] dWeight, int dWeightAt) {
    int pairs = s.channels() * s.filters();
    int distance = pairs + 16; // of places; not a power of two
    int size = Winograd.PLACES * distance;
    int parts = Math.min(PARTS, pieces.count());
    float[] sums = Scratch.floats(Scratch.Use.SHARED_RESULT, parts * size);
    Body part =
        (start, end) -> {
          for (int p = start; p < end; p++) {
            Arrays.fill(sums, p * size, (p + 1) * size, 0);
            for (int i = begin(p, parts); i < begin(p + 1, parts); i++) {
              add(pieces.piece(i), x, xAt, dOut, dOutAt, sums, p * size, distance);
            }
          }
        };
    if (Parallel.threads() <= parts) { // loops within a part then run on its thread
      Parallel.range(parts, 1, part);
    } else {
      part.run(0, parts);
    }
    AtomicBoolean finite = new AtomicBoolean(true);
    Parallel.range(
        pairs,
        ConvWinograd.KERNELS,
        (start, end) -> {
          for (int p = 1; p < parts; p++) {
            for (int place = 0; place < Winograd.PLACES; place++) {
              int at = place * distance;
              for (int i = at + start; i < at + end; i++) {
                sums[i] += sums[p * size + i];
              }
            }
          }
          for (int i = start; i < end; i++) {
            Winograd.kernelGradient(sums, i, distance, dWeight, dWeightAt + 9 * i);
          }
          if (!allFinite(dWeight, dWeightAt + 9 * start, dWeightAt + 9 * end)) {
            finite.set(false);
          }
        });
    return finite.get();
  }

  /// Returns the first piece of a part.
  private int begin(int part, int parts) {
    return pieces.count() * part / parts;
  }

  /// Adds a piece's products to the sums of a part, from `sumsAt`.
  private void add(
      Piece piece,
      float[] x,
      int xAt,
      float[] dOut,
      int dOutAt,
      float[] sums,
      int sumsAt,
      int distance) {
    int channels = s.channels();
    int both = channels + s.filters();
    float[] rows = Scratch.floats(Scratch.Use.SHARED_RIGHT, Winograd.PLACES * both * row);
    Parallel.range(
        both,
        1,
        (start, end) -> {
          for (int r = start; r < end; r++) {
            To to = new To(rows, r * row, Tile.COLUMNS, both * row);
            if (r < channels) {
              pieces.input(x, xAt, r, piece, to);
            } else {
              pieces.gradient(dOut, dOutAt, r - channels, piece, to);
            }
          }
        });
    int n = pieces.tiles(piece);
    int sixes = Math.ceilDiv(s.filters(), SIX);
    Parallel.range(
        Winograd.PLACES * sixes,
        1,
        (start, end) -> {
          for (int task = start; task < end; task++) {
            int place = task / sixes;
            int o = task % sixes * SIX;
            multiply(rows, place * both * row, o, n, sums, sumsAt + place * distance);
          }
        });
  }

  private static boolean allFinite(float[] x, int from, int to) {
    for (int i = from; i < to; i++) {
      if (!Float.isFinite(x[i])) {
        return false;
      }
    }
    return true;
  }

  /// Adds to the sums of six filters, from `o`, the products of their rows with those of all
  /// channels. Beyond the edge the last filter, or channel, is taken again.
  private void multiply(float[] rows, int at, int o, int n, float[] sums, int sumsAt) {
    float[] tile = Scratch.floats(Scratch.Use.TILE, SIX * TWO * Lanes.COUNT);
    int channels = s.channels();
    int last = s.filters() - 1;
    int filters = at + channels * row;
    for (int c = 0; c < channels; c += TWO) {
      Arrays.fill(tile, 0, SIX * TWO * Lanes.COUNT, 0);
      DotLoops.add(
          rows,
          filters + o * row,
          filters + Math.min(o + 1, last) * row,
          filters + Math.min(o + 2, last) * row,
          filters + Math.min(o + 3, last) * row,
          filters + Math.min(o + 4, last) * row,
          filters + Math.min(o + 5, last) * row,
          rows,
          at + c * row,
          at + Math.min(c + 1, channels - 1) * row,
          n,
          tile,
          0);
      for (int i = 0; i < SIX && o + i <= last; i++) {
        for (int j = 0; j < TWO && c + j < channels; j++) {
          FloatVector sum = Lanes.load(tile, (i * TWO + j) * Lanes.COUNT);
          sums[sumsAt + (o + i) * channels + c + j] += Lanes.sum(sum);
        }
      }
    }
  }
}

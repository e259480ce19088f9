package smalti.tensor.simd;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Parallel;
import smalti.tensor.simd.WinogradTiles.Piece;
import smalti.tensor.simd.WinogradTiles.To;

/// Computes 3×3 convolutions by [Winograd]'s transform: for each of the 16 places, the transformed
/// weights (O, C) times the transformed tiles (C, tiles), with [Tile].
///
/// A task is a piece of [WinogradTiles] of about [#TILES] tiles, so that what belongs to them stays
/// in the second level of cache. A number that is not finite would spoil the whole tile where the
/// plain sum spoils some pixels; then all is computed again by [ConvForward].
final class ConvWinograd {
  /// Tiles of a task.
  private static final int TILES = 64;

  /// As many tasks as keep the cores of a small machine busy.
  private static final int TASKS = 8;

  /// Kernels that a thread transforms at a time: ten microseconds.
  static final int KERNELS = 256;

  /// The fewest channels, and filters, for which transforming pays.
  private static final int LEAST = 16;

  /// The fewest pairs of a channel and a filter for which it does.
  private static final int LEAST_PAIRS = 1024;

  private final ConvShape s;
  private final WinogradTiles pieces;

  /// The most tiles of a task, whole panels.
  private final int tiles;

  private ConvWinograd(ConvShape s) {
    this.s = s;
    pieces = new WinogradTiles(s, TILES, TASKS);
    tiles = Math.ceilDiv(pieces.most(), Tile.COLUMNS) * Tile.COLUMNS;
  }

  /// Returns whether this is possible, and the faster way.
  static boolean suits(ConvShape s) {
    return s.kernelHeight() == 3
        && s.kernelWidth() == 3
        && s.stride() == 1
        && s.outHeight() % 2 == 0
        && s.outWidth() % 2 == 0
        && s.images() * s.pixels() > 0
        && Math.min(s.channels(), s.filters()) >= LEAST
        && s.channels() * s.filters() >= LEAST_PAIRS;
  }

  /// Says where the kernel of a filter and a channel begins.
  @FunctionalInterface
  interface Kernels {
    int at(int filter, int channel);
  }

  /// Transforms and packs weights: for each place as [ConvForward#pack] does.
  ///
  /// @param backwards whether kernels are turned by half a turn
  static float[] pack(ConvShape s, float[] weights, Kernels kernels, boolean backwards) {
    int filters = Tile.wholeStrips(s.filters());
    int size = size(s);
    float[] packed = Scratch.floats(Scratch.Use.SHARED_LEFT, Winograd.PLACES * size);
    Parallel.range(
        filters / 2,
        Math.max(1, KERNELS / (2 * s.channels())),
        (start, end) -> {
          for (int filter = 2 * start; filter < 2 * end; filter++) {
            for (int c = 0; c < s.channels(); c++) {
              int block = c / Tile.DEPTH * filters + filter / 2 * 2;
              int to = block * Tile.DEPTH + c % Tile.DEPTH * 2 + filter % 2;
              if (filter < s.filters()) {
                int at = backwards ? kernels.at(filter, c) + 8 : kernels.at(filter, c);
                Winograd.kernel(weights, at, backwards ? -1 : 1, packed, to, size);
              } else {
                for (int p = 0; p < Winograd.PLACES; p++) {
                  packed[p * size + to] = 0;
                }
              }
            }
          }
        });
    return packed;
  }

  /// Returns the distance between places of packed weights: not a power of two, so that a kernel's
  /// places do not all fall into the same few sets of the cache.
  private static int size(ConvShape s) {
    int blocks = Math.ceilDiv(s.channels(), Tile.DEPTH);
    return blocks * Tile.wholeStrips(s.filters()) * Tile.DEPTH + Tile.COLUMNS;
  }

  /// Computes `out` (B, O, H′, W′) from `x` (B, C, H, W), packed weights and perhaps a bias (O).
  /// Returns whether all of the convolution's results are finite.
  static boolean run(
      ConvShape s,
      float[] x,
      int xAt,
      float[] weights,
      float @Nullable [] bias,
      int biasAt,
      ConvResult out) {
    ConvWinograd w = new ConvWinograd(s);
    AtomicBoolean finite = new AtomicBoolean(true);
    Parallel.range(
        w.pieces.count(),
        1,
        (start, end) -> {
          for (int task = start; task < end; task++) {
            Piece piece = w.pieces.piece(task);
            float[] places = w.transform(x, xAt, piece);
            float[] products = w.multiply(weights, places, w.pieces.tiles(piece));
            if (!w.store(products, bias, biasAt, piece, out)) {
              finite.set(false);
            }
          }
        });
    return finite.get();
  }

  /// The distance between places of tiles, not a power of two: (panels, C, columns) each.
  private int placeOfTiles() {
    return tiles * s.channels() + Tile.COLUMNS;
  }

  /// The distance between places of products: (O, tiles) each.
  private int placeOfProducts() {
    return tiles * s.filters() + Tile.COLUMNS;
  }

  /// Returns the transformed tiles of a task: (places, panels, C, columns).
  private float[] transform(float[] x, int xAt, Piece piece) {
    float[] places = Scratch.floats(Scratch.Use.TILES, Winograd.PLACES * placeOfTiles());
    int panel = s.channels() * Tile.COLUMNS;
    for (int c = 0; c < s.channels(); c++) {
      To to = new To(places, c * Tile.COLUMNS, panel, placeOfTiles());
      pieces.input(x, xAt, c, piece, to);
    }
    return places;
  }

  /// Returns the products of a task's first `n` tiles: (places, O, tiles).
  private float[] multiply(float[] weights, float[] places, int n) {
    float[] products = Scratch.floats(Scratch.Use.RESULT, Winograd.PLACES * placeOfProducts());
    int channels = s.channels();
    int strips = Tile.wholeStrips(s.filters());
    int size = size(s);
    for (int p = 0; p < Winograd.PLACES; p++) {
      for (int tile = 0; tile < n; tile += Tile.COLUMNS) {
        Matrix to = new Matrix(products, p * placeOfProducts() + tile, tiles, 1);
        for (int c = 0; c < channels; c += Tile.DEPTH) {
          Tile.multiplyRows(
              weights,
              p * size + c * strips,
              s.filters(),
              places,
              p * placeOfTiles() + tile * channels + c * Tile.COLUMNS,
              Tile.COLUMNS,
              Math.min(Tile.DEPTH, channels - c),
              null,
              0,
              to,
              c > 0 ? to : null);
        }
      }
    }
    return products;
  }

  /// Makes pixels of products, and returns whether all of them are finite.
  private boolean store(
      float[] products, float @Nullable [] bias, int biasAt, Piece piece, ConvResult out) {
    int distance = placeOfProducts();
    int across = pieces.across();
    int n = Lanes.whole(piece.rows() * across);
    float[] sums = Scratch.floats(Scratch.Use.PATCHES, 2 * Winograd.SIDE * n);
    float[] pixels = Scratch.floats(Scratch.Use.PANEL, 4 * n);
    boolean finite = true;
    for (int b = piece.b0(); b < piece.b1(); b++) {
      for (int o = 0; o < s.filters(); o++) {
        int at = o * tiles + (b - piece.b0()) * pieces.pitch();
        for (int j = 0; j < Winograd.SIDE; j++) {
          int place = at + j * distance;
          Winograd.sumColumn(products, place, Winograd.SIDE * distance, n, sums, 2 * j * n);
        }
        float start = bias == null ? 0 : bias[biasAt + o];
        finite &= Winograd.pixels(sums, 0, 2 * n, n, start, pixels, 0);
        finite &= Winograd.pixels(sums, n, 2 * n, n, start, pixels, 2 * n);
        int first = (b * s.filters() + o) * s.pixels() + 2 * piece.r0() * s.outWidth();
        for (int i = 0; i < piece.rows(); i++) {
          int row = out.at() + first + 2 * i * s.outWidth();
          System.arraycopy(pixels, 2 * i * across, out.array(), row, 2 * across);
          row += s.outWidth();
          System.arraycopy(pixels, 2 * (n + i * across), out.array(), row, 2 * across);
        }
        out.finish().run(first, 2 * piece.rows() * s.outWidth());
      }
    }
    return finite;
  }
}

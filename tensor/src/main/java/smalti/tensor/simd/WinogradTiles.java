package smalti.tensor.simd;

import java.util.Arrays;

/// Parts the tiles of a convolution's images ([Winograd]) into pieces that are worked on together,
/// and copies them, transformed, to where products read them. A piece is some rows of tiles of one
/// image, or some small images whole.
final class WinogradTiles {
  /// Is a piece: the rows of tiles `[r0, r1)` of images `[b0, b1)`.
  record Piece(int b0, int b1, int r0, int r1) {
    int rows() {
      return r1 - r0;
    }

    int images() {
      return b1 - b0;
    }
  }

  private final ConvShape s;

  /// Tiles side by side, and one below the other.
  private final int across;

  private final int down;

  /// Images and rows of tiles of a piece.
  private final int images;

  private final int rows;

  /// The distance between the tiles of a piece's images: whole vectors.
  private final int pitch;

  /// @param most about as many tiles as a piece may have
  /// @param least the fewest pieces, where there are so many images
  WinogradTiles(ConvShape s, int most, int least) {
    this.s = s;
    across = s.outWidth() / 2;
    down = s.outHeight() / 2;
    rows = Math.clamp(most / across, 1, down);
    int together = rows < down ? 1 : Math.clamp(most / (across * down), 1, s.images());
    while (together > 1 && Math.ceilDiv(s.images(), together) < least) {
      together = (together + 1) / 2;
    }
    images = together;
    pitch = Lanes.whole(rows * across);
  }

  /// Returns the number of pieces.
  int count() {
    return Math.ceilDiv(s.images(), images) * Math.ceilDiv(down, rows);
  }

  Piece piece(int i) {
    int perImage = Math.ceilDiv(down, rows);
    int b0 = i / perImage * images;
    int r0 = i % perImage * rows;
    return new Piece(b0, Math.min(b0 + images, s.images()), r0, Math.min(r0 + rows, down));
  }

  /// Returns the tiles of a piece, those that fill each image's up to whole vectors included.
  int tiles(Piece piece) {
    return piece.images() * pitch;
  }

  /// Returns the tiles of the longest piece.
  int most() {
    return images * pitch;
  }

  int across() {
    return across;
  }

  int pitch() {
    return pitch;
  }

  /// Is where transformed tiles go to.
  ///
  /// @param at where the first place of the first tile goes
  /// @param panel the distance between [Tile#COLUMNS] tiles and the next
  /// @param place the distance between places
  record To(float[] array, int at, int panel, int place) {
    int tile(int i) {
      return at + i / Tile.COLUMNS * panel + i % Tile.COLUMNS;
    }
  }

  /// Copies `Bᵀ·d·B` of a channel of the input: 4 × 4 pixels a tile. What fills up vectors is
  /// finite where the channel is.
  void input(float[] x, int xAt, int channel, Piece piece, To to) {
    copy(x, xAt + channel * s.plane(), s.channels() * s.plane(), piece, to, true);
  }

  /// Copies `A·dY·Aᵀ` of a filter of the output's gradient: 2 × 2 pixels a tile. What fills up
  /// vectors is zeros.
  void gradient(float[] dOut, int dOutAt, int filter, Piece piece, To to) {
    copy(dOut, dOutAt + filter * s.pixels(), s.filters() * s.pixels(), piece, to, false);
  }

  private void copy(float[] x, int at, int image, Piece piece, To to, boolean input) {
    int plane = (piece.rows() + 1) * across + Lanes.COUNT; // of even rows, or of odd ones
    int size = 2 * Winograd.SIDE * plane + Lanes.COUNT;
    int wide = 2 * across + (input ? 2 : 0);
    float[] planes = Scratch.floats(Scratch.Use.PATCHES, size);
    float[] line = Scratch.floats(Scratch.Use.PANEL, wide + 2 * Lanes.COUNT);
    Arrays.fill(planes, 0, size, 0);
    Arrays.fill(line, wide, wide + 2 * Lanes.COUNT, 0);
    for (int b = piece.b0; b < piece.b1; b++) {
      int from = at + b * image;
      if (input) {
        inputRows(x, from, piece, line, wide, planes, plane);
      } else {
        gradientRows(x, from, piece, line, planes, plane);
      }
      int first = (b - piece.b0) * pitch;
      for (int i = 0; i < piece.rows() * across; i += Lanes.COUNT) {
        int tile = to.tile(first + i);
        for (int j = 0; j < Winograd.SIDE; j++) {
          int even = j * plane + i;
          int odd = even + Winograd.SIDE * plane;
          int place = tile + j * to.place;
          int next = Winograd.SIDE * to.place;
          if (input) {
            Winograd.column(planes, even, odd, across, to.array, place, next);
          } else {
            Winograd.gradientColumn(planes, even, odd, to.array, place, next);
          }
        }
      }
    }
  }

  private void inputRows(
      float[] x, int at, Piece piece, float[] line, int wide, float[] planes, int plane) {
    for (int i = 0; i < 2 * piece.rows() + 2; i++) {
      int y = 2 * piece.r0 + i - s.top();
      boolean there = y >= 0 && y < s.height();
      Winograd.line(x, at + y * s.width(), there, s.width(), s.left(), line, wide);
      Winograd.row(line, across, planes, row(i, plane), plane);
    }
  }

  private void gradientRows(
      float[] x, int at, Piece piece, float[] line, float[] planes, int plane) {
    for (int i = 0; i < 2 * piece.rows(); i++) {
      int y = 2 * piece.r0 + i;
      System.arraycopy(x, at + y * s.outWidth(), line, 0, 2 * across);
      Winograd.gradientRow(line, across, planes, row(i, plane), plane);
    }
  }

  /// Returns where a row is in the planes: even rows in the first four, odd rows in the others.
  private int row(int i, int plane) {
    return i % 2 * Winograd.SIDE * plane + i / 2 * across;
  }
}

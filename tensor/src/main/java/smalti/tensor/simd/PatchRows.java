package smalti.tensor.simd;

import java.util.Arrays;

/// Reads rows of the patch matrix of [Patches], each of a stretch of pixels side by side, in the
/// cheapest of three ways:
///
/// - in place, where the pixels lie so in the image: with 1×1 kernels;
/// - the image shifted by each column of the kernel, of which the kernel's rows are parts, a row of
///   pixels apart: a third of the copies for 3×3 kernels;
/// - a copy of each row otherwise, filled up to whole vectors with zeros.
final class PatchRows {
  private final ConvShape s;
  private final int tap;
  private final int n;
  private final boolean severalImages;
  private final int pitch;
  private final int[] rowAt;
  private float[] data = {};

  /// Prepares to read `n` taps from `tap`, up to `longest` pixels at a time.
  ///
  /// @param longest pixels of a stretch and of as many rows as the kernel reaches further down
  /// @param severalImages whether a stretch may have pixels of more than one image
  PatchRows(ConvShape s, int tap, int n, boolean severalImages, int longest) {
    this.s = s;
    this.tap = tap;
    this.n = n;
    this.severalImages = severalImages;
    this.pitch = Lanes.whole(longest);
    this.rowAt = new int[n];
  }

  /// Returns the array that the rows are in.
  float[] data() {
    return data;
  }

  /// Returns where the row of the `i`-th tap begins.
  int at(int i) {
    return rowAt[i];
  }

  /// Reads `pixels` pixels, from number `pixel` of the patches.
  void read(Patches patches, int pixel, int pixels) {
    boolean fits = pixels % Lanes.COUNT == 0;
    if (fits && patches.isFlat()) {
      data = patches.data();
      for (int i = 0; i < n; i++) {
        rowAt[i] = patches.at(tap + i, pixel);
      }
    } else if (fits && s.stride() == 1 && !severalImages) {
      readShifted(patches, pixel, pixels);
    } else {
      readCopied(patches, pixel, pixels);
    }
  }

  /// Packs the rows that were read as [Packing#block] does.
  void pack(int pixels, float[] strips) {
    Packing.rows(data, rowAt, pixels, strips);
  }

  private void readCopied(Patches patches, int pixel, int pixels) {
    patches.select(pixel, pixels);
    data = Scratch.floats(Scratch.Use.LEFT, n * pitch + Lanes.COUNT);
    patches.copy(tap, n, data, 0, pitch);
    for (int i = 0; i < n; i++) {
      Arrays.fill(data, i * pitch + pixels, i * pitch + Lanes.whole(pixels), 0);
      rowAt[i] = i * pitch;
    }
  }

  private void readShifted(Patches patches, int pixel, int pixels) {
    int kernelWidth = s.kernelWidth();
    int window = s.window();
    int c0 = tap / window;
    int channels = (tap + n - 1) / window + 1 - c0;
    data = Scratch.floats(Scratch.Use.LEFT, channels * kernelWidth * pitch + Lanes.COUNT);
    patches.select(pixel, pixels + (s.kernelHeight() - 1) * s.outWidth());
    for (int c = 0; c < channels; c++) {
      patches.copy((c0 + c) * window, kernelWidth, data, c * kernelWidth * pitch, pitch);
    }
    for (int i = 0; i < n; i++) {
      int c = (tap + i) / window - c0;
      int kh = (tap + i) / kernelWidth % s.kernelHeight();
      int kw = (tap + i) % kernelWidth;
      rowAt[i] = (c * kernelWidth + kw) * pitch + kh * s.outWidth();
    }
  }
}

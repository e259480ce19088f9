package smalti.gpu.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Holds pooling and upsampling of images, NCHW; each thread computes one number.
final class Images {
  private Images() {}

  /// Heights and widths are those of the larger image.
  static void pool(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    int p = pc.get(0) + 1;
    int planes = program.get(p);
    int height = program.get(p + 1);
    int width = program.get(p + 2);
    int k = program.get(p + 3);
    int x = program.get(p + 4);
    int out = program.get(p + 5);
    int maximum = program.get(p + 6);
    float factor = input.get(program.get(p + 7));
    int h = height / k;
    int w = width / k;
    int n = planes * h * w;
    for (int i = c.globalIdx; i < n; i += c.globalGroupSizeX) {
      int row = i / w;
      int plane = row / h;
      int at = x + (plane * height + (row - plane * h) * k) * width + (i - row * w) * k;
      float y = maximum == 1 ? heap.get(at) : 0f;
      for (int a = 0; a < k; a++) {
        for (int b = 0; b < k; b++) {
          float v = heap.get(at + a * width + b);
          if (maximum == 0) {
            y += v;
          } else if (Truth.larger(v, y) == 1) {
            y = v;
          }
        }
      }
      heap.set(out + i, maximum == 1 ? y : y * factor);
    }
  }

  static void maxPoolGrad(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    int p = pc.get(0) + 1;
    int planes = program.get(p);
    int height = program.get(p + 1);
    int width = program.get(p + 2);
    int k = program.get(p + 3);
    int x = program.get(p + 4);
    int d = program.get(p + 5);
    int dx = program.get(p + 6);
    int h = height / k;
    int w = width / k;
    int n = planes * height * width;
    for (int i = c.globalIdx; i < n; i += c.globalGroupSizeX) {
      int row = i / width;
      int plane = row / height;
      int by = (row - plane * height) / k;
      int bx = (i - row * width) / k;
      float g = 0f;
      if ((Truth.less(by, h) & Truth.less(bx, w)) == 1) {
        int at = x + (plane * height + by * k) * width + bx * k;
        int best = at;
        float most = heap.get(at);
        for (int a = 0; a < k; a++) {
          for (int b = 0; b < k; b++) {
            float v = heap.get(at + a * width + b);
            if (Truth.larger(v, most) == 1) {
              most = v;
              best = at + a * width + b;
            }
          }
        }
        if (best == x + i) {
          g = heap.get(d + (plane * h + by) * w + bx);
        }
      }
      heap.set(dx + i, g);
    }
  }

  /// Repeats pixels, times a factor: upsampling, and the gradient of the mean.
  static void spread(
      KernelContext c,
      FloatArray heap,
      FloatArray input,
      IntArray ints,
      IntArray program,
      IntArray pc) {
    int p = pc.get(0) + 1;
    int planes = program.get(p);
    int height = program.get(p + 1);
    int width = program.get(p + 2);
    int k = program.get(p + 3);
    int x = program.get(p + 4);
    int out = program.get(p + 5);
    float factor = input.get(program.get(p + 6));
    int h = height / k;
    int w = width / k;
    int n = planes * height * width;
    for (int i = c.globalIdx; i < n; i += c.globalGroupSizeX) {
      int row = i / width;
      int plane = row / height;
      int by = (row - plane * height) / k;
      int bx = (i - row * width) / k;
      float v = 0f;
      if ((Truth.less(by, h) & Truth.less(bx, w)) == 1) {
        v = heap.get(x + (plane * h + by) * w + bx) * factor;
      }
      heap.set(out + i, v);
    }
  }
}

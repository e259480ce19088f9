package smalti.tests.parity;

import static smalti.tests.parity.Operands.blank;
import static smalti.tests.parity.Operands.corners;
import static smalti.tests.parity.Operands.lying;
import static smalti.tests.parity.Operands.normal;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.FixedFactor;
import smalti.tensor.backend.UnaryOp;
import smalti.tests.parity.Operands.Lie;

/// Lists the cases of matrix products, convolution and pooling.
final class MatrixCases {
  private final List<Case> cases = new ArrayList<>();

  private MatrixCases() {}

  static List<Case> all() {
    MatrixCases all = new MatrixCases();
    int[] sizes = {0, 1, 3, 8, 17, 67};
    for (int m : sizes) {
      for (int n : sizes) {
        for (int k : sizes) {
          all.product(m, n, k);
        }
      }
    }
    all.product(130, 127, 300);
    all.product(5, 1000, 35);
    for (int[] s : new int[][] {{0, 9}, {9, 0}, {1, 1}, {16, 8}, {35, 67}, {33, 300}, {50, 1030}}) {
      all.fixedFactor(s[0], s[1]);
      for (int m : new int[] {0, 2, 7, 37, 130, 700}) {
        all.addmm(m, s[0], s[1]);
      }
    }
    for (int n : Operands.SIZES) {
      all.addBias(n);
    }
    all.convolutions();
    all.pooling();
    return all.cases;
  }

  private void product(int m, int n, int k) {
    for (Lie lie : Lie.values()) {
      String variant = "%d×%d×%d %s".formatted(m, k, n, lie);
      matmul(variant, lying(lie, normal("a", m, k)), lying(lie, normal("b", k, n)), m, n);
      Tensor turned = normal("t", n, k).transpose(0, 1);
      matmul(variant + " by transposed", lying(lie, normal("a", m, k)), turned, m, n);
    }
    Tensor batch = lying(Lie.SLICED, normal("batch", 2, 3, m, k));
    Tensor shared = normal("shared", k, n).expand(Shape.of(2, 3, k, n));
    matmul("batch %d×%d×%d".formatted(m, k, n), batch, shared, 2, 3, m, n);
    Tensor heads = normal("heads", 2, m, 3, k).permute(0, 2, 1, 3);
    Tensor keys = normal("keys", 2, n, 3, k).permute(0, 2, 3, 1);
    matmul("heads %d×%d×%d".formatted(m, k, n), heads, keys, 2, 3, m, n);
  }

  /// Multiplies few, more and many rows by the same matrix.
  private void fixedFactor(int n, int k) {
    for (Lie lie : Lie.values()) {
      Tensor b = lying(lie, normal("b", k, n));
      int[] rows = {11, 0, 3, 37, 130};
      cases.add(
          new Case(
              "fixedFactor",
              "%d×%d %s".formatted(k, n, lie),
              Case.sumsOf(k),
              backend -> {
                FixedFactor factor = backend.fixedFactor(b);
                List<Tensor> outs = new ArrayList<>();
                for (int m : rows) {
                  Tensor out = blank(Lie.OFFSET, m, n);
                  Tensor bias = m % 2 == 0 ? null : corners("bias", n);
                  factor.multiply(lying(lie, normal("a" + m, m, k)), bias, out);
                  outs.add(out);
                }
                return outs;
              }));
    }
  }

  private void addmm(int m, int n, int k) {
    for (Lie lie : Lie.values()) {
      Tensor a = lying(lie, normal("a", m, k));
      Tensor turned = normal("t", n, k).transpose(0, 1);
      for (Tensor b : List.of(lying(lie, normal("b", k, n)), turned)) {
        String variant =
            "%d×%d×%d %s%s".formatted(m, k, n, lie, b.equals(turned) ? " by transposed" : "");
        cases.add(
            new Case(
                "addmm",
                variant,
                Case.sumsOf(k),
                backend -> {
                  Tensor out = blank(Lie.OFFSET, m, n);
                  backend.addmm(corners("bias", n), a, b, out);
                  return List.of(out);
                }));
        cases.add(
            new Case(
                "addmmActivation",
                variant,
                Case.sumsOf(k),
                backend -> {
                  Tensor out = blank(Lie.OFFSET, m, n);
                  Tensor y = blank(Lie.OFFSET, m, n);
                  backend.addmmActivation(corners("bias", n), a, b, UnaryOp.GELU, out, y);
                  return List.of(out, y);
                }));
      }
    }
  }

  private void matmul(String variant, Tensor a, Tensor b, int... shape) {
    for (boolean accumulate : new boolean[] {false, true}) {
      cases.add(
          new Case(
              "matmul",
              variant + (accumulate ? " accumulated" : ""),
              Case.sumsOf(a.dim(-1)),
              backend -> {
                Tensor out = blank(Lie.OFFSET, shape);
                backend.matmul(a, b, accumulate, out);
                return List.of(out);
              }));
    }
  }

  private void addBias(int n) {
    cases.add(
        new Case(
            "addBias",
            "" + n,
            1e-6,
            backend -> {
              Tensor y = lying(Lie.OFFSET, normal("y", 2, 3, n));
              backend.addBias(corners("bias", n), y);
              return List.of(y);
            }));
  }

  private void convolutions() {
    for (Lie lie : Operands.dense()) {
      for (int kernel : new int[] {1, 2, 3, 4}) {
        for (int stride : new int[] {1, 2}) {
          for (int padding : new int[] {0, 1}) {
            for (int[] s : new int[][] {{1, 1, 1, 5, 7}, {2, 3, 5, 8, 8}, {3, 17, 9, 6, 5}}) {
              conv(lie, kernel, stride, padding, s[0], s[1], s[2], s[3], s[4]);
            }
          }
        }
      }
    }
    conv(Lie.DENSE, 3, 1, 1, 0, 3, 5, 8, 8);
    conv(Lie.DENSE, 7, 1, 3, 2, 3, 16, 16, 16);
    conv(Lie.DENSE, 3, 1, 1, 2, 34, 37, 16, 14); // by Winograd's transform
    conv(Lie.DENSE, 3, 1, 1, 17, 66, 62, 16, 16); // weights' gradients too
  }

  private void conv(
      Lie lie, int kernel, int stride, int padding, int b, int c, int o, int h, int w) {
    int outH = (h + 2 * padding - kernel) / stride + 1;
    int outW = (w + 2 * padding - kernel) / stride + 1;
    Tensor x = lying(lie, normal("x", b, c, h, w));
    Tensor weight = lying(lie, normal("weight", o, c, kernel, kernel));
    Tensor dOut = lying(lie, normal("dOut", b, o, outH, outW));
    String variant =
        "%s kernel %d stride %d padding %d %s".formatted(x.shape(), kernel, stride, padding, lie);
    int[] outShape = {b, o, outH, outW};
    int[] xShape = {b, c, h, w};
    int taps = c * kernel * kernel;
    for (@Nullable Tensor bias : new @Nullable Tensor[] {null, normal("bias", o)}) {
      String which = variant + (bias == null ? "" : " bias");
      one(
          "conv2d",
          which,
          taps,
          lie,
          outShape,
          (backend, out) -> backend.conv2d(x, weight, bias, stride, padding, out));
      one(
          "conv2dRelu",
          which,
          taps,
          lie,
          outShape,
          (backend, out) -> backend.conv2dRelu(x, weight, bias, stride, padding, out));
      one(
          "conv2dAdd",
          which,
          taps,
          lie,
          outShape,
          (backend, out) -> backend.conv2dAdd(x, weight, bias, stride, padding, dOut, out));
    }
    int seen = o * kernel * kernel;
    one(
        "conv2dGradInput",
        variant,
        seen,
        lie,
        xShape,
        (backend, dx) -> backend.conv2dGradInput(dOut, weight, stride, padding, dx));
    Tensor more = lying(lie, normal("add", xShape));
    for (@Nullable Tensor addend : new @Nullable Tensor[] {null, more}) {
      String which = variant + (addend == null ? "" : " addend");
      one(
          "conv2dReluGradInput",
          which,
          seen,
          lie,
          xShape,
          (backend, dx) ->
              backend.conv2dReluGradInput(dOut, weight, stride, padding, x, addend, dx));
    }
    int[] weightShape = {o, c, kernel, kernel};
    one(
        "conv2dGradWeight",
        variant,
        b * outH * outW,
        lie,
        weightShape,
        (backend, dWeight) -> backend.conv2dGradWeight(x, dOut, stride, padding, dWeight));
  }

  /// Adds a case of a kernel with one output, whose numbers are sums over `terms` terms.
  private void one(
      String kernel,
      String variant,
      int terms,
      Lie lie,
      int[] shape,
      BiConsumer<Backend, Tensor> call) {
    cases.add(
        new Case(
            kernel,
            variant,
            Case.sumsOf(terms),
            backend -> {
              Tensor out = blank(lie, shape);
              call.accept(backend, out);
              return List.of(out);
            }));
  }

  private void pooling() {
    for (Lie lie : Operands.dense()) {
      for (int kernel : new int[] {1, 2, 3}) {
        for (int[] s : new int[][] {{0, 2, 6, 6}, {1, 1, 3, 3}, {2, 3, 8, 8}, {2, 5, 7, 35}}) {
          pool(lie, kernel, normal("x", s));
          pool(lie, kernel, corners("x", s));
          upsample(lie, kernel, normal("x", s));
        }
      }
      int[] wide = {2, 3, 6, 64}; // whole vectors in halves too
      pool(lie, 2, normal("x", wide));
      pool(lie, 2, corners("x", wide));
      pool(lie, 2, normal("x", wide).unary(UnaryOp.RELU)); // ties
      upsample(lie, 2, normal("x", wide));
    }
  }

  private void pool(Lie lie, int kernel, Tensor values) {
    Tensor x = lying(lie, values);
    int[] in = x.shape().toArray();
    int[] small = {in[0], in[1], in[2] / kernel, in[3] / kernel};
    Tensor dOut = lying(lie, normal("dOut", small));
    String variant = "%s kernel %d %s".formatted(x.shape(), kernel, lie);
    cases.add(
        new Case(
            "maxPool2d",
            variant,
            0,
            backend -> {
              Tensor out = blank(lie, small);
              backend.maxPool2d(x, kernel, out);
              return List.of(out);
            }));
    cases.add(
        new Case(
            "maxPool2dGrad",
            variant,
            0,
            backend -> {
              Tensor dx = blank(lie, in);
              backend.maxPool2dGrad(x, dOut, kernel, dx);
              return List.of(dx);
            }));
    cases.add(
        new Case(
            "avgPool2d",
            variant,
            1e-6,
            backend -> {
              Tensor out = blank(lie, small);
              backend.avgPool2d(x, kernel, out);
              return List.of(out);
            }));
    cases.add(
        new Case(
            "avgPool2dGrad",
            variant,
            1e-6,
            backend -> {
              Tensor dx = blank(lie, in);
              backend.avgPool2dGrad(dOut, kernel, dx);
              return List.of(dx);
            }));
  }

  private void upsample(Lie lie, int scale, Tensor values) {
    Tensor x = lying(lie, values);
    int[] in = x.shape().toArray();
    int[] large = {in[0], in[1], in[2] * scale, in[3] * scale};
    Tensor dOut = lying(lie, normal("dOut", large));
    String variant = "%s scale %d %s".formatted(x.shape(), scale, lie);
    cases.add(
        new Case(
            "upsampleNearest2d",
            variant,
            0,
            backend -> {
              Tensor out = blank(lie, large);
              backend.upsampleNearest2d(x, scale, out);
              return List.of(out);
            }));
    cases.add(
        new Case(
            "upsampleNearest2dGrad",
            variant,
            2e-6,
            backend -> {
              Tensor dx = blank(lie, in);
              backend.upsampleNearest2dGrad(dOut, scale, dx);
              return List.of(dx);
            }));
  }
}

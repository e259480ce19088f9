package smalti.tensor.simd;

import org.jspecify.annotations.Nullable;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Tensor;
import smalti.tensor.backend.FixedFactor;
import smalti.tensor.backend.UnaryOp;
import smalti.tensor.plain.Floats;
import smalti.tensor.plain.PlainBackend;

/// Runs kernels on F32 host tensors with the Vector API.
final class SimdBackend extends PlainBackend {
  SimdBackend() {
    super(
        new SimdElementLoops(),
        new SimdRowLoops(),
        new SimdNormalizeLoops(),
        new SimdMatrixLoops());
  }

  @Override
  public String name() {
    return "simd";
  }

  // ---- matrix product ----

  @Override
  public void matmul(Tensor a, Tensor b, boolean accumulate, Tensor out) {
    if (Floats.all(a, b) && Floats.dense(out)) {
      SimdMatmul.batched(a, b, accumulate, out);
    } else {
      super.matmul(a, b, accumulate, out);
    }
  }

  @Override
  public void addmm(@Nullable Tensor bias, Tensor a, Tensor b, Tensor out) {
    if (bias != null && Floats.all(a, b) && Floats.dense(bias, out)) {
      SimdMatmul.withBias(a, b, bias, out);
    } else {
      super.addmm(bias, a, b, out);
    }
  }

  @Override
  public void addmmActivation(
      @Nullable Tensor bias, Tensor a, Tensor b, UnaryOp function, Tensor out, Tensor y) {
    boolean done =
        bias != null
            && Floats.all(a, b)
            && Floats.dense(bias, out, y)
            && SimdMatmul.withActivation(a, b, bias, function, out, y);
    if (!done) {
      super.addmmActivation(bias, a, b, function, out, y);
    }
  }

  @Override
  public FixedFactor fixedFactor(Tensor b) {
    FixedFactor plain = super.fixedFactor(b);
    return Floats.all(b) && b.elements() > 0 ? new PackedFactor(b, plain) : plain;
  }

  // ---- convolution ----

  @Override
  public void conv2d(
      Tensor x, Tensor weight, @Nullable Tensor bias, int stride, int padding, Tensor out) {
    if (Floats.dense(x, weight, out) && (bias == null || Floats.dense(bias))) {
      SimdConv2d.forward(x, weight, bias, stride, padding, ConvResult.of(out));
    } else {
      super.conv2d(x, weight, bias, stride, padding, out);
    }
  }

  @Override
  public void conv2dRelu(
      Tensor x, Tensor weight, @Nullable Tensor bias, int stride, int padding, Tensor out) {
    if (Floats.dense(x, weight, out) && (bias == null || Floats.dense(bias))) {
      SimdConv2d.forward(x, weight, bias, stride, padding, ConvResult.relu(out));
    } else {
      super.conv2dRelu(x, weight, bias, stride, padding, out);
    }
  }

  @Override
  public void conv2dAdd(
      Tensor x,
      Tensor weight,
      @Nullable Tensor bias,
      int stride,
      int padding,
      Tensor addend,
      Tensor out) {
    if (Floats.dense(x, weight, addend, out) && (bias == null || Floats.dense(bias))) {
      SimdConv2d.forward(x, weight, bias, stride, padding, ConvResult.plus(addend, out));
    } else {
      super.conv2dAdd(x, weight, bias, stride, padding, addend, out);
    }
  }

  @Override
  public void conv2dGradInput(Tensor dOut, Tensor weight, int stride, int padding, Tensor dx) {
    if (Floats.dense(dOut, weight, dx)) {
      SimdConv2d.gradInput(dOut, weight, stride, padding, ConvResult.of(dx));
    } else {
      super.conv2dGradInput(dOut, weight, stride, padding, dx);
    }
  }

  @Override
  public void conv2dReluGradInput(
      Tensor dOut,
      Tensor weight,
      int stride,
      int padding,
      Tensor y,
      @Nullable Tensor addend,
      Tensor dx) {
    if (Floats.dense(dOut, weight, y, dx) && (addend == null || Floats.dense(addend))) {
      SimdConv2d.gradInput(dOut, weight, stride, padding, ConvResult.reluGrad(y, addend, dx));
    } else {
      super.conv2dReluGradInput(dOut, weight, stride, padding, y, addend, dx);
    }
  }

  @Override
  public void conv2dGradWeight(Tensor x, Tensor dOut, int stride, int padding, Tensor dWeight) {
    if (Floats.dense(x, dOut, dWeight)) {
      SimdConv2d.gradWeight(x, dOut, stride, padding, dWeight);
    } else {
      super.conv2dGradWeight(x, dOut, stride, padding, dWeight);
    }
  }

  // ---- pooling ----

  @Override
  public void maxPool2dGrad(Tensor x, Tensor dOut, int kernel, Tensor dx) {
    if (Floats.dense(x, dOut, dx) && SimdHalving.suits(dx, dOut, kernel)) {
      SimdHalving.maxGrad(x, dOut, dx);
    } else {
      super.maxPool2dGrad(x, dOut, kernel, dx);
    }
  }

  @Override
  public void avgPool2dGrad(Tensor dOut, int kernel, Tensor dx) {
    if (Floats.dense(dOut, dx) && SimdHalving.suits(dx, dOut, kernel)) {
      SimdHalving.spread(dOut, 1f / 4, dx);
    } else {
      super.avgPool2dGrad(dOut, kernel, dx);
    }
  }

  @Override
  public void upsampleNearest2d(Tensor x, int scale, Tensor out) {
    if (Floats.dense(x, out) && SimdHalving.suits(out, x, scale)) {
      SimdHalving.spread(x, 1, out);
    } else {
      super.upsampleNearest2d(x, scale, out);
    }
  }

  // ---- attention ----

  /// Leaves a single query, as in sampling, to the plain kernel: there is nothing to share. So it
  /// does heads wider than any that tiles are made for.
  @Override
  public void attention(
      Tensor q,
      Tensor k,
      Tensor v,
      AttentionPattern pattern,
      double scale,
      int queryOffset,
      Tensor out,
      Tensor lse) {
    int queries = q.dim(2);
    if (queries <= 1
        || q.dim(3) > AttentionPlan.WIDEST
        || !Floats.denseRows(q, k, v, out)
        || !Floats.dense(lse)) {
      super.attention(q, k, v, pattern, scale, queryOffset, out, lse);
      return;
    }
    AttentionPlan plan = AttentionPlan.of(pattern, queries, k.dim(2), queryOffset);
    SimdAttention.forward(
        q,
        k,
        v,
        plan,
        (float) scale,
        out,
        lse,
        (head, query) ->
            super.attention(
                part(q, head).slice(2, query, query + 1),
                part(k, head),
                part(v, head),
                pattern,
                scale,
                queryOffset + query,
                part(out, head).slice(2, query, query + 1),
                part(lse, head).slice(2, query, query + 1)));
  }

  /// Returns the part of a tensor (B, H, …) that one head has, (1, 1, …).
  private static Tensor part(Tensor x, int head) {
    int heads = x.dim(1);
    int b = head / heads;
    int h = head % heads;
    return x.slice(0, b, b + 1).slice(1, h, h + 1);
  }

  @Override
  public void attentionGrad(
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor out,
      Tensor lse,
      Tensor dOut,
      AttentionPattern pattern,
      double scale,
      Tensor dq,
      Tensor dk,
      Tensor dv) {
    if (q.dim(3) <= AttentionPlan.WIDEST
        && Floats.denseRows(q, k, v, out, dOut, dq, dk, dv)
        && Floats.dense(lse)) {
      AttentionPlan plan = AttentionPlan.of(pattern, q.dim(2), k.dim(2), 0);
      SimdAttentionGrad.backward(q, k, v, out, lse, dOut, plan, (float) scale, dq, dk, dv);
    } else {
      super.attentionGrad(q, k, v, out, lse, dOut, pattern, scale, dq, dk, dv);
    }
  }
}

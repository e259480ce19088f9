package smalti.tensor.simd;

import static smalti.tensor.simd.Lanes.COUNT;
import static smalti.tensor.simd.Lanes.all;
import static smalti.tensor.simd.Lanes.load;

import jdk.incubator.vector.FloatVector;
import smalti.tensor.plain.NormalizeLoops;

/// Normalises a vector at a time.
///
/// Where rows are written, two vectors are loaded before any is stored: arrays often lie a multiple
/// of 4,096 bytes apart, and a load waits for a store under way whose address ends alike.
final class SimdNormalizeLoops implements NormalizeLoops {

  @Override
  public void normalize(
      float[] x,
      int xAt,
      float mean,
      float rstd,
      float[] weight,
      int weightAt,
      float[] bias,
      int biasAt,
      float[] out,
      int outAt,
      int n) {
    FloatVector mu = all(mean);
    FloatVector scale = all(rstd);
    int i = 0;
    for (; i <= n - 2 * COUNT; i += 2 * COUNT) {
      FloatVector y0 = normal(x, xAt + i, mu, scale);
      FloatVector y1 = normal(x, xAt + i + COUNT, mu, scale);
      y0 = y0.fma(load(weight, weightAt + i), load(bias, biasAt + i));
      y1 = y1.fma(load(weight, weightAt + i + COUNT), load(bias, biasAt + i + COUNT));
      y0.intoArray(out, outAt + i);
      y1.intoArray(out, outAt + i + COUNT);
    }
    for (; i < n; i++) {
      float xHat = (x[xAt + i] - mean) * rstd;
      out[outAt + i] = Math.fma(xHat, weight[weightAt + i], bias[biasAt + i]);
    }
  }

  private static FloatVector normal(float[] x, int at, FloatVector mean, FloatVector rstd) {
    return load(x, at).sub(mean).mul(rstd);
  }

  @Override
  public void normalizeSums(
      float[] x,
      int xAt,
      float mean,
      float rstd,
      float[] weight,
      int weightAt,
      float[] dOut,
      int dOutAt,
      float[] dWeight,
      float[] dBias,
      float[] sums,
      int n) {
    FloatVector mu = all(mean);
    FloatVector scale = all(rstd);
    FloatVector sumG = all(0);
    FloatVector sumGx = all(0);
    int i = 0;
    for (; i <= n - COUNT; i += COUNT) {
      FloatVector xHat = normal(x, xAt + i, mu, scale);
      FloatVector d = load(dOut, dOutAt + i);
      FloatVector g = d.mul(load(weight, weightAt + i));
      sumG = sumG.add(g);
      sumGx = g.fma(xHat, sumGx);
      d.fma(xHat, load(dWeight, i)).intoArray(dWeight, i);
      load(dBias, i).add(d).intoArray(dBias, i);
    }
    float restG = 0;
    float restGx = 0;
    for (; i < n; i++) {
      float xHat = (x[xAt + i] - mean) * rstd;
      float d = dOut[dOutAt + i];
      float g = d * weight[weightAt + i];
      restG += g;
      restGx += g * xHat;
      dWeight[i] += d * xHat;
      dBias[i] += d;
    }
    sums[0] = Lanes.sum(sumG) + restG;
    sums[1] = Lanes.sum(sumGx) + restGx;
  }

  @Override
  public void normalizeGrad(
      float[] x,
      int xAt,
      float mean,
      float rstd,
      float[] weight,
      int weightAt,
      float[] dOut,
      int dOutAt,
      float meanG,
      float meanGx,
      float[] dx,
      int dxAt,
      int n) {
    FloatVector mu = all(mean);
    FloatVector scale = all(rstd);
    FloatVector m = all(meanG);
    FloatVector mx = all(meanGx);
    int i = 0;
    for (; i <= n - 2 * COUNT; i += 2 * COUNT) {
      FloatVector x0 = normal(x, xAt + i, mu, scale);
      FloatVector x1 = normal(x, xAt + i + COUNT, mu, scale);
      FloatVector g0 = load(dOut, dOutAt + i).mul(load(weight, weightAt + i));
      FloatVector g1 = load(dOut, dOutAt + i + COUNT).mul(load(weight, weightAt + i + COUNT));
      g0 = g0.sub(m).sub(x0.mul(mx)).mul(scale);
      g1 = g1.sub(m).sub(x1.mul(mx)).mul(scale);
      g0.intoArray(dx, dxAt + i);
      g1.intoArray(dx, dxAt + i + COUNT);
    }
    for (; i < n; i++) {
      float xHat = (x[xAt + i] - mean) * rstd;
      float g = dOut[dOutAt + i] * weight[weightAt + i];
      dx[dxAt + i] = rstd * (g - meanG - xHat * meanGx);
    }
  }
}

package smalti.gpu.kernel;

import uk.ac.manchester.tornado.api.math.TornadoMath;

/// Computes the elementwise functions of `UnaryOp` and `BinaryOp` in floats. Numbers of functions
/// are the ordinals of the enums' rows; a test compares every one with the enum.
///
/// A device's `exp`, `log` and `pow` may be rough near their zeros. In PTX they are made of the
/// hardware's 2ˣ and log₂, right to some 2⁻²² only, and its `tanh` is right to 2⁻¹¹. What must be
/// better is computed here.
final class Functions {
  private Functions() {}

  /// Returns tanh(x) for `|x| ≤ 0.6`: Lambert's continued fraction, five levels deep.
  private static float tanhNear0(float x) {
    float s = x * x;
    return x * (945f + s * (105f + s)) / (945f + s * (420f + 15f * s));
  }

  /// Returns `ln((1 + z)/(1 − z))` for `|z| ≤ 1/7` by its series.
  private static float logRatio(float z) {
    float s = z * z;
    float p = 1f / 9f;
    p = p * s + 1f / 7f;
    p = p * s + 0.2f;
    p = p * s + 1f / 3f;
    return 2f * z + 2f * z * s * p;
  }

  static float tanh(float x) {
    float a = x < 0f ? -x : x;
    if (a < 0.6f) {
      return tanhNear0(x);
    }
    float t = 1f - 2f / (1f + TornadoMath.exp(2f * a));
    return x < 0f ? -t : t;
  }

  static float expm1(float x) {
    float a = x < 0f ? -x : x;
    if (a < 0.5f) {
      float t = tanhNear0(0.5f * x);
      return 2f * t / (1f - t);
    }
    return TornadoMath.exp(x) - 1f;
  }

  static float log(float x) {
    float d = x - 1f;
    float a = d < 0f ? -d : d;
    if (a < 0.25f) {
      return logRatio(d / (x + 1f));
    }
    return TornadoMath.log(x);
  }

  static float log1p(float x) {
    float a = x < 0f ? -x : x;
    if (a < 0.25f) {
      return logRatio(x / (2f + x));
    }
    return TornadoMath.log(1f + x);
  }

  /// Returns `aᵇ` as Java's `Math.pow`: the device computes `|a|ᵇ`, signs and corners are ours.
  static float pow(float a, float b) {
    if (b == 0f) {
      return 1f;
    }
    float size = a > 0f ? a : 0f - a;
    float y = TornadoMath.pow(size, b);
    if (size == 1f) {
      y = 1f + (b - b); // 1 to the power of infinity is no number
    }
    float sign = size == 0f ? 1f / a : a;
    if (sign < 0f) {
      float half = 0.5f * b;
      if (b == TornadoMath.floor(b)) {
        return half == TornadoMath.floor(half) ? y : -y;
      }
      if (size > 0f) {
        return size - size == 0f ? TornadoMath.sqrt(a) : y; // no number, but for −∞
      }
    }
    return y;
  }

  static float sigmoid(float x) {
    return 1f / (1f + TornadoMath.exp(-x));
  }

  /// Returns the error function: its series near 0, else Abramowitz and Stegun 7.1.26.
  static float erf(float x) {
    float a = x < 0f ? -x : x;
    if (a < 0.6f) {
      float s = x * x;
      float p = 1f / 9360f;
      p = p * s - 1f / 1320f;
      p = p * s + 1f / 216f;
      p = p * s - 1f / 42f;
      p = p * s + 0.1f;
      p = p * s - 1f / 3f;
      p = p * s + 1f;
      return 1.1283791671f * x * p;
    }
    if (a > 5f) {
      return x > 0f ? 1f : -1f;
    }
    float t = 1f / (1f + 0.3275911f * a);
    float q = 1.061405429f;
    q = q * t - 1.453152027f;
    q = q * t + 1.421413741f;
    q = q * t - 0.284496736f;
    q = q * t + 0.254829592f;
    float e = 1f - q * t * TornadoMath.exp(-a * a);
    return x < 0f ? -e : e;
  }

  /// Is `½x(1 + tanh u) = x·σ(2u)`: a device's tanh may stop short of −1, and x is large there.
  static float geluTanh(float x) {
    return x * sigmoid(1.5957691f * (x + 0.044715f * x * x * x));
  }

  static float geluTanhSlope(float x) {
    float near = x > 20f ? 20f : x; // beyond, the slope is 1 or 0, and x³ overflows
    near = near < -20f ? -20f : near;
    float u = 1.5957691f * (near + 0.044715f * near * near * near);
    float s = sigmoid(u);
    float slope = s + near * s * sigmoid(-u) * 1.5957691f * (1f + 0.134145f * near * near);
    return slope + (x - x); // no number where x is infinite, as on the CPU
  }

  static float quickGeluSlope(float x) {
    float s = sigmoid(1.702f * x);
    return s + 1.702f * x * s * sigmoid(-1.702f * x);
  }

  static float siluSlope(float x) {
    float s = sigmoid(x);
    return s + x * s * sigmoid(-x);
  }

  static float value(int op, float x) {
    float y = -x;
    if (op == 1) {
      y = x < 0f ? -x : x;
    } else if (op == 2) {
      y = 1f / x;
    } else if (op == 3) {
      y = x * x;
    } else if (op == 4) {
      y = TornadoMath.sqrt(x);
    } else if (op == 5) {
      y = 1f / TornadoMath.sqrt(x);
    } else if (op == 6) {
      y = TornadoMath.exp(x);
    } else if (op == 7) {
      y = expm1(x);
    } else if (op == 8) {
      y = log(x);
    } else if (op == 9) {
      y = log1p(x);
    } else if (op == 10) {
      y = TornadoMath.sin(x);
    } else if (op == 11) {
      y = TornadoMath.cos(x);
    } else if (op == 14) {
      float a = x < 0f ? -x : x;
      y = (x > 0f ? x : 0f) + log1p(TornadoMath.exp(-a));
    } else if (op == 15) {
      y = erf(x);
    } else if (op > 11) {
      y = activation(op, x);
    }
    return y;
  }

  /// Computes those functions that a product may apply to its result; with all of them, it would be
  /// longer than TornadoVM allows.
  static float activation(int op, float x) {
    float y = x < 0f ? 0f : x;
    if (op == 12) {
      y = tanh(x);
    } else if (op == 13) {
      y = sigmoid(x);
    } else if (op == 17) {
      y = 0.5f * x * (1f + erf(x * 0.70710678f));
    } else if (op == 18) {
      y = geluTanh(x);
    } else if (op == 19) {
      y = x * sigmoid(1.702f * x);
    } else if (op == 20) {
      y = x * sigmoid(x);
    }
    return y;
  }

  static float slope(int op, float x, float y) {
    float d = -1f;
    if (op == 1) {
      d = x > 0f ? 1f : x < 0f ? -1f : x;
    } else if (op == 2) {
      d = -y * y;
    } else if (op == 3) {
      d = 2f * x;
    } else if (op == 4) {
      d = 0.5f / y;
    } else if (op == 5) {
      d = -0.5f * y * y * y;
    } else if (op == 6) {
      d = y;
    } else if (op == 7) {
      d = y + 1f;
    } else if (op == 8) {
      d = 1f / x;
    } else if (op == 9) {
      d = 1f / (1f + x);
    } else if (op == 10) {
      d = TornadoMath.cos(x);
    } else if (op == 11) {
      d = -TornadoMath.sin(x);
    } else if (op == 12) {
      d = 1f - y * y;
    } else if (op == 13) {
      d = y * (1f - y);
    } else if (op == 14) {
      d = sigmoid(x);
    } else if (op == 15) {
      d = 1.1283791671f * TornadoMath.exp(-x * x);
    } else if (op == 16) {
      d = x > 0f ? 1f : 0f;
    } else if (op == 17) {
      d = 0.5f * (1f + erf(x * 0.70710678f)) + x * TornadoMath.exp(-0.5f * x * x) * 0.39894228f;
    } else if (op == 18) {
      d = geluTanhSlope(x);
    } else if (op == 19) {
      d = quickGeluSlope(x);
    } else if (op == 20) {
      d = siluSlope(x);
    }
    return d;
  }

  static float value2(int op, float a, float b) {
    float y = a + b;
    if (op == 1) {
      y = a - b;
    } else if (op == 2) {
      y = a * b;
    } else if (op == 3) {
      y = a / b;
    } else if (op == 4) {
      y = pow(a, b);
    } else if (op == 5) {
      y = a != a ? a : b != b ? b : a > b ? a : b;
    } else if (op == 6) {
      y = a != a ? a : b != b ? b : a < b ? a : b;
    } else if (op == 7) {
      y = a == b ? 1f : 0f;
    } else if (op == 8) {
      y = a == b ? 0f : 1f;
    } else if (op == 9) {
      y = a < b ? 1f : 0f;
    } else if (op == 10) {
      y = a < b ? 1f : a == b ? 1f : 0f;
    } else if (op == 11) {
      y = a > b ? 1f : 0f;
    } else if (op == 12) {
      y = a > b ? 1f : a == b ? 1f : 0f;
    }
    return y;
  }

  static float slopeA(int op, float a, float b) {
    float d = 1f;
    if (op == 2) {
      d = b;
    } else if (op == 3) {
      d = 1f / b;
    } else if (op == 4) {
      d = b == 0f ? 0f : b * pow(a, b - 1f);
    } else if (op == 5) {
      d = a > b ? 1f : a == b ? 0.5f : 0f;
    } else if (op == 6) {
      d = a < b ? 1f : a == b ? 0.5f : 0f;
    } else if (op > 6) {
      d = 0f;
    }
    return d;
  }

  static float slopeB(int op, float a, float b) {
    float d = 1f;
    if (op == 1) {
      d = -1f;
    } else if (op == 2) {
      d = a;
    } else if (op == 3) {
      d = -(a / b) / b;
    } else if (op == 4) {
      d = a == 0f ? 0f : pow(a, b) * log(a);
    } else if (op == 5) {
      d = b > a ? 1f : a == b ? 0.5f : 0f;
    } else if (op == 6) {
      d = b < a ? 1f : a == b ? 0.5f : 0f;
    } else if (op > 6) {
      d = 0f;
    }
    return d;
  }
}

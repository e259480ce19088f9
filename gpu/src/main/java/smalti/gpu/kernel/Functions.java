package smalti.gpu.kernel;

import uk.ac.manchester.tornado.api.math.TornadoMath;

/// Computes the elementwise functions of `UnaryOp` and `BinaryOp` in floats. Numbers of functions
/// are the ordinals of the enums' rows; a test compares every one with the enum.
///
/// Kernels may not use what OpenCL C lacks, so the missing functions are built from exp and log.
final class Functions {
  private Functions() {}

  static float expm1(float x) {
    if (x > 80f) {
      return TornadoMath.exp(x);
    }
    float u = TornadoMath.exp(x);
    if (u == 1f) {
      return x;
    }
    float d = u - 1f;
    if (d == -1f) {
      return -1f;
    }
    return d * x / TornadoMath.log(u); // Kahan: the rounding of u cancels
  }

  static float log1p(float x) {
    if (x > 1e8f) {
      return TornadoMath.log(x);
    }
    float u = 1f + x;
    if (u == 1f) {
      return x;
    }
    return TornadoMath.log(u) * x / (u - 1f);
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
    float s = sigmoid(1.5957691f * (near + 0.044715f * near * near * near));
    return s + near * s * (1f - s) * 1.5957691f * (1f + 0.134145f * near * near);
  }

  static float quickGeluSlope(float x) {
    float s = sigmoid(1.702f * x);
    return s + 1.702f * x * s * (1f - s);
  }

  static float siluSlope(float x) {
    float s = sigmoid(x);
    return s + x * s * (1f - s);
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
      y = TornadoMath.log(x);
    } else if (op == 9) {
      y = log1p(x);
    } else if (op == 10) {
      y = TornadoMath.sin(x);
    } else if (op == 11) {
      y = TornadoMath.cos(x);
    } else if (op == 12) {
      y = TornadoMath.tanh(x);
    } else if (op == 13) {
      y = sigmoid(x);
    } else if (op == 14) {
      float a = x < 0f ? -x : x;
      y = (x > 0f ? x : 0f) + log1p(TornadoMath.exp(-a));
    } else if (op == 15) {
      y = erf(x);
    } else if (op == 16) {
      y = x < 0f ? 0f : x;
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
      y = TornadoMath.pow(a, b);
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
      y = a <= b ? 1f : 0f;
    } else if (op == 11) {
      y = a > b ? 1f : 0f;
    } else if (op == 12) {
      y = a >= b ? 1f : 0f;
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
      d = b == 0f ? 0f : b * TornadoMath.pow(a, b - 1f);
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
      d = a == 0f ? 0f : TornadoMath.pow(a, b) * TornadoMath.log(a);
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

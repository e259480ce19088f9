package smalti.tests.parity;

import java.util.List;
import java.util.function.Function;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backend;

/// Is one call of one kernel with fixed inputs.
///
/// @param kernel the method of [Backend]
/// @param variant what is particular to this call
/// @param tolerance the error allowed, relative to the larger of 1 and the true value
/// @param run makes new outputs, calls the kernel and returns the outputs
record Case(String kernel, String variant, double tolerance, Function<Backend, List<Tensor>> run) {

  /// Returns the tolerance of sums over `n` terms of size about 1. Where they are added one after
  /// the other, as on devices, `n` sums are rounded that grow as their number's root does: the
  /// error of long ones is in proportion to `n`.
  static double sumsOf(int n) {
    return Math.max(2e-6 * Math.max(1, Math.sqrt(n)), 1e-7 * n);
  }

  /// Returns the largest error of a backend against the reference, relative to the larger of 1 and
  /// the true value, over the whole storages of all outputs: what lies around an output must not
  /// change either. Differing NaNs or infinities count as infinite.
  double error(Backend reference, Backend backend) {
    List<Tensor> expected = run.apply(reference);
    List<Tensor> actual = run.apply(backend);
    double worst = 0;
    for (int t = 0; t < expected.size(); t++) {
      Storage e = expected.get(t).storage();
      Storage a = actual.get(t).storage();
      for (int i = 0; i < e.length(); i++) {
        worst = Math.max(worst, error(e.get(i), a.get(i)));
      }
    }
    return worst;
  }

  private static double error(double expected, double actual) {
    if (Double.compare(expected, actual) == 0 || expected == actual) {
      return 0;
    }
    double error = Math.abs(expected - actual) / Math.max(1, Math.abs(expected));
    return Double.isFinite(error) ? error : Double.POSITIVE_INFINITY;
  }

  @Override
  public String toString() {
    return kernel + " " + variant;
  }
}

package smalti.tests.golden;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import smalti.autograd.Gradients;
import smalti.nn.Module;
import smalti.tensor.DType;
import smalti.tensor.Tensor;
import smalti.tensor.io.SafeTensors;

/// Holds the tensors of a golden file, or those of it that share a prefix.
record Golden(String name, Map<String, Tensor> tensors) {

  /// Reads `golden/NAME.safetensors`.
  static Golden read(String name) {
    URL url =
        Objects.requireNonNull(Golden.class.getResource("/golden/" + name + ".safetensors"), name);
    try {
      return new Golden(name, SafeTensors.read(Path.of(uri(url))).tensors());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static URI uri(URL url) {
    try {
      return url.toURI();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Returns the tensors under a prefix, with the prefix taken off.
  Golden under(String prefix) {
    Map<String, Tensor> part = new LinkedHashMap<>();
    tensors.forEach((key, t) -> {
      if (key.startsWith(prefix)) {
        part.put(key.substring(prefix.length()), t);
      }
    });
    assertThat(part).as(prefix).isNotEmpty();
    return new Golden(name + ": " + prefix, part);
  }

  /// Returns a tensor.
  Tensor get(String key) {
    return Objects.requireNonNull(tensors.get(key), () -> name + " has no " + key);
  }

  /// Returns the tensors with floating-point ones converted.
  Golden to(DType dtype) {
    Map<String, Tensor> converted = new LinkedHashMap<>();
    tensors.forEach((key, t) -> converted.put(key, t.dtype().isFloating() ? t.to(dtype) : t));
    return new Golden(name, converted);
  }

  /// Insists that numbers differ from those of a key by no more than `tolerance` times the largest
  /// of them.
  void assertClose(String key, Tensor actual, double tolerance) {
    assertClose(key, actual, tolerance, 0);
  }

  /// Insists that numbers differ from those of a key by no more than `tolerance` times the largest
  /// of them, or by no more than `floor`, where they are zero but for rounding.
  void assertClose(String key, Tensor actual, double tolerance, double floor) {
    Tensor expected = get(key);
    assertThat(actual.shape()).as("%s: shape of %s", name, key).isEqualTo(expected.shape());
    double[] a = actual.toDoubles();
    double[] e = expected.toDoubles();
    double largest = 0;
    double worst = 0;
    for (int i = 0; i < e.length; i++) {
      assertThat(a[i]).as("%s: %s[%d]", name, key, i).isFinite();
      largest = Math.max(largest, Math.abs(e[i]));
      worst = Math.max(worst, Math.abs(a[i] - e[i]));
    }
    assertThat(worst)
        .as("%s: worst difference in %s, whose largest number is %s", name, key, largest)
        .isLessThanOrEqualTo(Math.max(tolerance * largest, floor));
  }

  /// Compares the gradients of all of a module's parameters with `grad/NAME`, and insists that the
  /// file has no others.
  void assertGradients(Module module, Gradients gradients, double tolerance, double floor) {
    Golden grad = under("grad/");
    assertThat(module.namedParameters().keySet())
        .containsExactlyInAnyOrderElementsOf(grad.tensors().keySet());
    module
        .namedParameters()
        .forEach((key, p) -> grad.assertClose(key, gradients.of(p), tolerance, floor));
  }
}

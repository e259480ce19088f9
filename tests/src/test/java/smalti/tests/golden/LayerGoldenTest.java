package smalti.tests.golden;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import smalti.autograd.Autograd;
import smalti.autograd.Gradients;
import smalti.autograd.Variable;
import smalti.nn.Module;
import smalti.tensor.DType;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.Backends;

/// Compares each layer with PyTorch's: output, and the gradients of inputs and parameters by name.
final class LayerGoldenTest {
  private static final Golden ALL = Golden.read("layers");

  /// Gradients that are zero but for rounding: a bias of attention keys shifts all scores alike.
  private static final double ROUNDING_F32 = 2e-6;

  private static final double ROUNDING_F64 = 1e-14;

  private static Golden golden(LayerCase c, DType dtype) {
    return ALL.under(c.name().toLowerCase(Locale.ROOT) + "/").to(dtype);
  }

  private static List<Backend> backends() {
    return List.of(Backends.reference(), Backends.current());
  }

  @Test
  void everyCaseOfTheFileIsCompared() {
    TreeSet<String> names = new TreeSet<>();
    ALL.tensors().keySet().forEach(key -> names.add(key.substring(0, key.indexOf('/'))));
    assertThat(names)
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(LayerCase.values()).map(c -> c.name().toLowerCase(Locale.ROOT)).toList());
  }

  @ParameterizedTest
  @EnumSource
  void opsAgreeInDoublePrecision(LayerCase c) {
    backends().forEach(b -> Backends.with(b, () -> compareOps(c, DType.F64, 1e-12, ROUNDING_F64)));
  }

  @ParameterizedTest
  @EnumSource
  void opsAgreeInSinglePrecision(LayerCase c) {
    backends().forEach(b -> Backends.with(b, () -> compareOps(c, DType.F32, 5e-6, ROUNDING_F32)));
  }

  private static void compareOps(LayerCase c, DType dtype, double tolerance, double floor) {
    Golden g = golden(c, dtype);
    Map<String, Variable> leaves = new HashMap<>();
    g.tensors()
        .forEach((key, t) -> {
          if ((key.startsWith("in/") || key.startsWith("param/")) && t.dtype() == dtype) {
            leaves.put(key.substring(key.indexOf('/') + 1), Variable.leaf(t));
          }
        });
    Variable y = c.byOps(new LayerCase.Arguments(leaves, g));
    g.assertClose("out", y.value(), tolerance);
    Gradients gradients = Autograd.backward(y, g.get("dout"));
    assertThat(leaves).hasSize(g.under("grad/").tensors().size());
    leaves.forEach(
        (key, leaf) -> g.assertClose("grad/" + key, gradients.of(leaf), tolerance, floor));
  }

  @ParameterizedTest
  @EnumSource
  void modulesAgree(LayerCase c) {
    Module module = c.module();
    if (module == null) {
      return;
    }
    Golden g = golden(c, DType.F32);
    module.load(g.under("param/").tensors());
    Map<String, Variable> leaves = new HashMap<>();
    @Nullable Tensor x = g.tensors().get("in/x");
    if (x != null) {
      leaves.put("x", Variable.leaf(x));
    }
    Variable y = LayerCase.byModule(module, new LayerCase.Arguments(leaves, g));
    g.assertClose("out", y.value(), 5e-6);
    Gradients gradients = Autograd.backward(y, g.get("dout"));
    leaves.forEach((key, leaf) -> g.assertClose("grad/" + key, gradients.of(leaf), 5e-6));
    module
        .namedParameters()
        .forEach((key, p) -> g.assertClose("grad/" + key, gradients.of(p), 5e-6, ROUNDING_F32));
  }
}

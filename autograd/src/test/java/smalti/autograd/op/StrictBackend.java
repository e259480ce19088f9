package smalti.autograd.op;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Set;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.Backends;

/// Runs kernels on the reference backend, which takes any strides, and insists on what [Backend]
/// promises to faster ones about the layout of arguments.
final class StrictBackend {
  private static final Set<String> ANY_INPUTS =
      Set.of(
          "unary", "binary", "where", "reduce", "matmul", "addmm", "addmmActivation", "binaryGrad");
  private static final Set<String> UNIT_LAST_STRIDE = Set.of("attention", "attentionGrad");
  private static final Set<String> ANY = Set.of("copy", "fill");

  private StrictBackend() {}

  static Backend create() {
    Backend reference = Backends.reference();
    return (Backend)
        Proxy.newProxyInstance(
            StrictBackend.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (proxy, method, arguments) -> {
              if (arguments != null && !ANY.contains(method.getName())) {
                check(method.getName(), arguments);
              }
              try {
                return method.invoke(reference, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static void check(String kernel, Object[] arguments) {
    for (int i = 0; i < arguments.length; i++) {
      if (!(arguments[i] instanceof Tensor t)) {
        continue;
      }
      boolean isOutput = i == arguments.length - 1;
      boolean mayBeExpanded =
          switch (kernel) {
            case "addmm" -> i != 0; // the bias
            case "addmmActivation" -> i == 1 || i == 2;
            case "binaryGrad" -> i == 2 || i == 3;
            default -> true;
          };
      if (UNIT_LAST_STRIDE.contains(kernel)) {
        assertThat(t.layout().stride(-1))
            .as("%s, argument %d: %s", kernel, i, t.layout())
            .isEqualTo(1);
      } else if (isOutput || !ANY_INPUTS.contains(kernel) || !mayBeExpanded) {
        assertThat(t.isContiguous()).as("%s, argument %d: %s", kernel, i, t.layout()).isTrue();
      }
    }
  }
}

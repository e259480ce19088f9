package smalti.tests.parity;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.Backends;

/// Shows that operations reach numbers through the seam only: a backend that counts and delegates
/// sees every kernel, and attention keeps later tokens from earlier rows on every backend.
class SeamTest {

  /// Returns a backend that counts calls by kernel and lets the reference do them.
  private static Backend counting(Map<String, Integer> calls) {
    return (Backend)
        Proxy.newProxyInstance(
            Backend.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (proxy, method, arguments) -> {
              if (method.getReturnType() == void.class) { // a kernel: others lend memory
                calls.merge(method.getName(), 1, Integer::sum);
              }
              try {
                return method.invoke(Backends.reference(), arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Test
  void operationsCallTheBackendInForce() {
    Map<String, Integer> calls = new TreeMap<>();
    Backends.with(
        counting(calls),
        () -> {
          Tensor x = Random.of(1).normal(Shape.of(4, 3));
          Tensor y = x.matmul(x.transpose(0, 1)).add(x.sum()).neg();
          assertThat(y.transpose(0, 1).contiguous().argmax().toInts()).hasSize(4);
        });
    assertThat(calls)
        .isEqualTo(
            Map.of(
                "normal", 1, "matmul", 1, "reduce", 1, "binary", 1, "unary", 1, "copy", 1, "argmax",
                1));
  }

  @Test
  void everyBackendIsChosenByName() {
    for (String name : new String[] {"reference", "plain", "simd"}) {
      assertThat(Backends.providers().stream().filter(p -> p.name().equals(name)).toList())
          .singleElement()
          .satisfies(p -> assertThat(p.create().name()).isEqualTo(name));
    }
    assertThat(Backends.current().name()).isEqualTo("simd");
  }

  @Test
  void laterTokensChangeNoBitOfEarlierRows() {
    for (var provider : Backends.providers()) {
      Backend backend = provider.create();
      for (AttentionPattern pattern : AttentionCases.PATTERNS) {
        if (pattern instanceof AttentionPattern.Full) {
          continue;
        }
        for (int changed = 1; changed < 47; changed += 9) {
          float[] before = attend(backend, pattern, changed, 0);
          float[] after = attend(backend, pattern, changed, 9);
          assertThat(after).as("%s %s %d", backend.name(), pattern, changed).isEqualTo(before);
        }
      }
    }
  }

  /// Returns the rows before `changed`, with `shift` added to all numbers from there on.
  private static float[] attend(
      Backend backend, AttentionPattern pattern, int changed, double shift) {
    Tensor x = Operands.normal("tokens", 1, 2, 47, 10);
    Tensor shifted = x.copy();
    Tensor later = shifted.slice(2, changed, 47);
    Backends.reference().copy(x.slice(2, changed, 47).add(shift), later);
    Tensor out = x.zerosLike();
    backend.attention(shifted, shifted, shifted, pattern, 0.3, 0, out, Tensor.zeros(1, 2, 47));
    return out.slice(2, 0, changed).toFloats();
  }
}

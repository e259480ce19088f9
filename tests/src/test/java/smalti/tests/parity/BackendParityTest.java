package smalti.tests.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.BackendProvider;
import smalti.tensor.backend.BackendProvider.Availability.Available;
import smalti.tensor.backend.Backends;

/// Runs every kernel of every available backend against the reference.
class BackendParityTest {
  private static final List<Case> CASES =
      Stream.of(ElementCases.all(), RowCases.all(), MatrixCases.all(), AttentionCases.all())
          .flatMap(List::stream)
          .toList();

  /// Largest error by kernel, then by backend.
  private static final Map<String, Map<String, Double>> ERRORS = new TreeMap<>();

  @TestFactory
  Stream<DynamicTest> everyKernelAgreesWithTheReference() {
    Map<String, List<Case>> byKernel =
        CASES.stream()
            .collect(Collectors.groupingBy(Case::kernel, TreeMap::new, Collectors.toList()));
    return backends()
        .flatMap(backend ->
            byKernel.entrySet().stream()
                .map(e ->
                    dynamicTest(
                        backend.name() + " " + e.getKey(),
                        () -> compare(backend, e.getKey(), e.getValue()))));
  }

  private static Stream<Backend> backends() {
    return Backends.providers().stream()
        .filter(p -> !p.name().equals("reference") && p.availability() instanceof Available)
        .map(BackendProvider::create);
  }

  private static void compare(Backend backend, String kernel, List<Case> cases) {
    List<String> wrong = new ArrayList<>();
    double worst = 0;
    for (Case c : cases) {
      double error = c.error(Backends.reference(), backend);
      worst = Math.max(worst, error);
      if (!(error <= c.tolerance())) {
        wrong.add("%s: error %.2e, tolerance %.2e".formatted(c, error, c.tolerance()));
      }
    }
    ERRORS.computeIfAbsent(kernel, k -> new TreeMap<>()).put(backend.name(), worst);
    assertThat(wrong).as("%s differs from the reference", backend.name()).isEmpty();
  }

  @Test
  void everyMethodOfBackendHasACase() {
    Set<String> methods =
        Arrays.stream(Backend.class.getMethods())
            .filter(method -> !method.isDefault())
            .map(Method::getName)
            .filter(name -> !name.equals("name"))
            .collect(Collectors.toSet());
    methods.addAll(
        List.of(
            "addmm",
            "addmmActivation",
            "attentionStep",
            "conv2dAdd",
            "conv2dRelu",
            "conv2dReluGradInput",
            "fixedFactor")); // which backends may do faster
    assertThat(CASES.stream().map(Case::kernel).collect(Collectors.toSet())).isEqualTo(methods);
  }

  @Test
  void somethingIsCompared() {
    assertThat(backends().map(Backend::name)).contains("plain", "simd");
  }

  @AfterAll
  static void printTable() {
    StringBuilder table =
        new StringBuilder("Largest error against the reference, relative to max(1, |value|)\n");
    List<String> names =
        ERRORS.values().stream().flatMap(m -> m.keySet().stream()).distinct().sorted().toList();
    table.append("%-24s".formatted("kernel"));
    names.forEach(name -> table.append("%12s".formatted(name)));
    ERRORS.forEach((kernel, errors) -> {
      table.append("%n%-24s".formatted(kernel));
      names.forEach(
          name -> table.append("%12.1e".formatted(errors.getOrDefault(name, Double.NaN))));
    });
    System.out.println(table);
  }
}

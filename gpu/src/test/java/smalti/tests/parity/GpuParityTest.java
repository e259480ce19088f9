package smalti.tests.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import smalti.gpu.GpuProvider;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.Backends;

/// Runs every kernel on the device against the reference, over the cases by which the CPU's
/// backends are judged: awkward sizes, views, NaN and infinities. Prints the table of errors.
class GpuParityTest {
  private static final Backend GPU = new GpuProvider().create();
  private static final Map<String, Double> ERRORS = new TreeMap<>();
  private static final String ONLY = System.getProperty("smalti.parity.kernel", "");
  private static final boolean IS_PTX =
      new GpuProvider().devices().getFirst().description().contains("by PTX");
  private static final int MOST = Integer.getInteger("smalti.parity.cases", Integer.MAX_VALUE);

  @TestFactory
  Stream<DynamicTest> everyKernelAgreesWithTheReference() {
    Map<String, List<Case>> byKernel =
        Stream.of(ElementCases.all(), RowCases.all(), MatrixCases.all(), AttentionCases.all())
            .flatMap(List::stream)
            .filter(c -> ONLY.isEmpty() || c.kernel().equals(ONLY))
            .filter(c -> !isWild(c))
            .collect(Collectors.groupingBy(Case::kernel, TreeMap::new, Collectors.toList()));
    return byKernel.entrySet().stream()
        .map(e -> dynamicTest(e.getKey(), () -> compare(e.getKey(), e.getValue())));
  }

  /// Leaves out sine and cosine of 10³⁰, as devices reduce such angles as they like, and the slope
  /// of ln at 10⁻⁴⁰, which no float can hold; and heads wider than the device's kernels take.
  private static boolean isWild(Case c) {
    return c.toString()
        .matches(
            "unary(Grad)? (SIN|COS) .*corners.*|unaryGrad LOG .*corners.*"
                + "|attention(Grad)? .* D (256|257)");
  }

  /// Returns the error allowed. PTX has no exp and pow but 2ˣ and log₂ by approximation, right to
  /// 2⁻²² of the exponent; what TornadoVM makes of them is right to 2·10⁻⁵ where numbers are huge.
  private static double tolerance(Case c) {
    boolean byExponents = c.toString().matches("(unary|binary)(Grad)? (EXP|EXPM1|POW) .*");
    return IS_PTX && byExponents ? 20 * c.tolerance() : c.tolerance();
  }

  private static void compare(String kernel, List<Case> cases) {
    List<String> wrong = new ArrayList<>();
    double worst = 0;
    // Evenly chosen if fewer are asked for.
    int chosen = Math.min(MOST, cases.size());
    for (int i = 0; i < chosen; i++) {
      Case c = cases.get((int) ((long) i * cases.size() / chosen));
      double error = c.error(Backends.reference(), GPU);
      worst = Math.max(worst, error);
      if (!(error <= tolerance(c))) {
        wrong.add("%s: error %.2e, tolerance %.2e".formatted(c, error, tolerance(c)));
      }
    }
    ERRORS.put(kernel, worst);
    assertThat(wrong).as("%s differs from the reference", kernel).isEmpty();
  }

  @AfterAll
  static void printTable() {
    StringBuilder table =
        new StringBuilder(
            "Largest error against the reference, relative to max(1, |value|), on %s%n"
                .formatted(new GpuProvider().devices().getFirst().description()));
    ERRORS.forEach((kernel, error) -> table.append("%-24s%12.1e%n".formatted(kernel, error)));
    System.out.print(table);
    if (ONLY.isEmpty()) {
      List<String> kernels =
          Stream.concat(
                  Arrays.stream(Backend.class.getMethods())
                      .filter(method -> !method.isDefault())
                      .map(Method::getName)
                      .filter(name -> !name.equals("name")),
                  // made of other kernels
                  Stream.of(
                      "addmm",
                      "addmmActivation",
                      "attentionStep",
                      "conv2dAdd",
                      "conv2dRelu",
                      "conv2dReluGradInput",
                      "fixedFactor"))
              .toList();
      assertThat(ERRORS.keySet()).as("the table").containsExactlyInAnyOrderElementsOf(kernels);
    }
  }
}

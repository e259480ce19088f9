package smalti.autograd.op;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.jspecify.annotations.Nullable;
import smalti.autograd.check.GradCheck;
import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.UnaryOp;

/// Checks every op there is: the registry is the sealed interface itself. Each try draws a seed,
/// from which all ops draw shapes, numbers and layouts.
class OpSweepTest {

  private static List<Class<?>> ops() {
    List<Class<?>> ops = new ArrayList<>(Arrays.asList(Op.class.getPermittedSubclasses()));
    ops.remove(CustomOp.class);
    return ops;
  }

  @SuppressWarnings("unchecked")
  private static List<Sample> samples(Class<?> op, long seed) {
    try {
      Method samples = op.getMethod("samples", Random.class);
      List<Sample> drawn = (List<Sample>) samples.invoke(null, Random.of(seed));
      assertThat(drawn).as(op.getSimpleName()).isNotEmpty();
      assertThat(drawn).allMatch(s -> op.isInstance(s.op()));
      return drawn;
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(op.getSimpleName() + " needs public static samples(Random)", e);
    }
  }

  private static List<Sample> all(long seed) {
    return ops().stream().flatMap(op -> samples(op, seed).stream()).toList();
  }

  @Example
  void theRegistryHoldsEveryOp() {
    assertThat(ops()).hasSizeGreaterThanOrEqualTo(24).allMatch(Class::isRecord);
  }

  @Example
  void everyRowOfTheElementwiseTablesIsSampled() {
    assertThat(samples(Unary.class, 1).stream().map(s -> ((Unary) s.op()).function()))
        .containsExactlyInAnyOrder(UnaryOp.values());
    assertThat(samples(Binary.class, 1).stream().map(s -> ((Binary) s.op()).function()))
        .containsExactlyInAnyOrder(BinaryOp.values());
  }

  @Property(tries = 10, shrinking = ShrinkingMode.OFF)
  void everyGradientAgreesWithCentralDifferences(@ForAll long seed) {
    for (Sample sample : all(seed)) {
      GradCheck.of(sample, seed).assertCorrect();
    }
  }

  @Property(tries = 20, shrinking = ShrinkingMode.OFF)
  void everyGradientIsRightInAnyLayout(@ForAll long seed) {
    Random random = Random.of(seed).split("layouts");
    for (Sample sample : all(seed)) {
      GradCheck.of(Disguise.of(random, sample), seed).assertCorrect();
    }
  }

  @Property(tries = 20, shrinking = ShrinkingMode.OFF)
  void kernelsGetTheLayoutsTheyArePromised(@ForAll long seed) {
    Random random = Random.of(seed).split("layouts");
    for (Sample sample : all(seed)) {
      Sample disguised = Disguise.of(random, sample);
      Tensor dOut = Disguise.of(random, dOut(sample, random));
      Backends.with(StrictBackend.create(), () -> run(disguised, needs(sample), dOut));
    }
  }

  @Property(tries = 20, shrinking = ShrinkingMode.OFF)
  void expandedInputsGiveTheSameBitsAsCopies(@ForAll long seed) {
    Random random = Random.of(seed).split("expand");
    for (Sample sample : all(seed)) {
      List<Tensor> views = sample.inputs().stream().map(t -> repeated(t, random)).toList();
      List<Tensor> copies = views.stream().map(Tensor::copy).toList();
      Tensor dOut = dOut(sample, random);
      assertThat(run(new Sample(sample.op(), views), needs(sample), dOut))
          .as(sample.op().toString())
          .usingElementComparator((a, b) -> Arrays.equals(a, b) ? 0 : 1)
          .containsExactlyElementsOf(run(new Sample(sample.op(), copies), needs(sample), dOut));
    }
  }

  @Property(tries = 10, shrinking = ShrinkingMode.OFF)
  void aGradientDoesNotDependOnWhichOthersAreWanted(@ForAll long seed) {
    for (Sample sample : all(seed)) {
      Tensor dOut = dOut(sample, Random.of(seed).split("dOut"));
      List<double[]> together = run(sample, needs(sample), dOut);
      for (int i = 0; i < sample.inputs().size(); i++) {
        if (needs(sample)[i]) {
          boolean[] alone = new boolean[sample.inputs().size()];
          alone[i] = true;
          assertThat(run(sample, alone, dOut).get(i + 1))
              .as("%s, input %d", sample.op(), i)
              .isEqualTo(together.get(i + 1));
        }
      }
    }
  }

  private static boolean[] needs(Sample sample) {
    boolean[] needs = new boolean[sample.inputs().size()];
    for (int i = 0; i < needs.length; i++) {
      needs[i] = sample.inputs().get(i).dtype() == DType.F64;
    }
    return needs;
  }

  /// Draws an output gradient.
  private static Tensor dOut(Sample sample, Random random) {
    Tensor[] inputs = sample.inputs().toArray(Tensor[]::new);
    Context context = new Context(new boolean[inputs.length], inputs);
    return Draw.normal(random, sample.op().forward(context, inputs).shape());
  }

  /// Returns the numbers of the result, then of each input's gradient (none if it has none).
  private static List<double[]> run(Sample sample, boolean[] needs, Tensor dOut) {
    Tensor[] inputs = sample.inputs().toArray(Tensor[]::new);
    Context context = new Context(needs, inputs);
    List<double[]> numbers = new ArrayList<>();
    numbers.add(sample.op().forward(context, inputs).toDoubles());
    @Nullable Tensor[] gradients = sample.op().vjp(context, dOut);
    for (int i = 0; i < inputs.length; i++) {
      Tensor dx = gradients[i];
      if (dx != null) {
        assertThat(dx.shape()).as("%s, input %d", sample.op(), i).isEqualTo(inputs[i].shape());
      }
      numbers.add(dx == null ? new double[0] : dx.toDoubles());
    }
    return numbers;
  }

  /// Returns the first index of some axes repeated with stride 0.
  private static Tensor repeated(Tensor t, Random random) {
    Tensor out = t;
    for (int axis = 0; axis < t.rank(); axis++) {
      out = random.nextBoolean(0.5) ? out.slice(axis, 0, 1) : out;
    }
    return out.expand(t.shape());
  }
}

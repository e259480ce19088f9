package smalti.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// Holds what comes before the clock runs: the comparison of numbers, the choice of a variant, the
/// warm-up.
class PreparationTest {
  private static double most(List<float[]> ours, List<float[]> theirs) {
    return Difference.of(ours, theirs).most();
  }

  @Test
  void differencesAreRelativeToTheLargestNumber() {
    assertThat(most(List.of(new float[] {10, 1}), List.of(new float[] {10, 2}))).isEqualTo(0.1);
    assertThat(most(List.of(new float[] {0, 0}), List.of(new float[] {0, 0}))).isZero();
    assertThat(most(List.of(new float[] {0, 0}), List.of(new float[] {0, 1}))).isInfinite();
    assertThat(most(List.of(new float[1]), List.of(new float[2]))).isInfinite();
    assertThat(most(List.of(new float[1]), List.of(new float[] {Float.NaN}))).isInfinite();
    assertThat(most(List.of(new float[1]), List.of())).isInfinite();
    assertThat(most(List.of(), List.of())).isInfinite();
  }

  @Test
  void fewArraysMayDifferMoreWhereGradientsJump() {
    List<float[]> ours = arrays(20, 1);
    List<float[]> one = arrays(20, 1);
    one.get(3)[0] = 1.05f;
    Difference few = Difference.of(ours, one);
    assertThat(few.isRounding(true)).isTrue();
    assertThat(few.isRounding(false)).isFalse();
    one.get(3)[0] = 1.2f;
    assertThat(Difference.of(ours, one).isRounding(true)).as("a wrong gradient").isFalse();
    assertThat(Difference.of(ours, arrays(20, 1.05f)).isRounding(true)).as("all wrong").isFalse();
    assertThat(Difference.of(ours, arrays(20, 1.001f)).isRounding(false)).isTrue();
  }

  private static List<float[]> arrays(int number, float value) {
    List<float[]> arrays = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      float[] array = new float[4];
      Arrays.fill(array, value);
      arrays.add(array);
    }
    return arrays;
  }

  @Test
  void theFastestVariantIsUsed() {
    Sleeper sleeper = new Sleeper(List.of("slow", "fast", "slower"), List.of(30L, 3L, 50L));
    assertThat(Fastest.of(sleeper)).isEqualTo("fast");
    assertThat(sleeper.millis).isEqualTo(3);
    assertThat(sleeper.runs).isGreaterThan(6);
  }

  @Test
  void aHopelessVariantIsRunOnce() {
    Sleeper sleeper = new Sleeper(List.of("hopeless", "fast"), List.of(1500L, 40L));
    assertThat(Fastest.of(sleeper)).isEqualTo("fast");
    assertThat(sleeper.runsOf)
        .as("then one is left")
        .containsOnly(Map.entry("hopeless", 1), Map.entry("fast", 1));
  }

  @Test
  void nothingIsRunToChooseTheOnlyVariant() {
    Sleeper sleeper = new Sleeper(List.of(Task.PLAIN), List.of(1L));
    assertThat(Fastest.of(sleeper)).isEmpty();
    assertThat(sleeper.runs).isZero();
  }

  @Test
  void warmUpLastsAtLeastAsLongAsAsked() {
    Sleeper sleeper = new Sleeper(List.of(Task.PLAIN), List.of(1L));
    long begin = System.nanoTime();
    assertThat(WarmUp.run(sleeper, 0.5, 60)).as("the compiler rests in the end").isTrue();
    assertThat(System.nanoTime() - begin).isGreaterThan(500_000_000);
    assertThat(WarmUp.run(sleeper, 0.5, 0.1)).as("ended early").isFalse();
  }

  @Test
  void countdownTellsWhatTheRestWillTake() {
    List<Work> works = new Suite().select(Suite.Extent.QUICK, List.of("softmax", "gelu", "step."));
    assertThat(works.subList(0, 3)).extracting(Work::cost).containsExactly(1, 1, 5);
    AtomicLong now = new AtomicLong();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    Countdown countdown = new Countdown(works.subList(0, 3), out, false, now::get);
    countdown.show(0);
    now.set(30_000_000_000L);
    countdown.show(1);
    countdown.wipe();
    assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "[1/3] " + works.get(0).name(), "[2/3] " + works.get(1).name() + ", about 3:00 left");
  }

  @Test
  void onATerminalALineTakesThePlaceOfTheLast() {
    List<Work> works = new Suite().select(Suite.Extent.QUICK, List.of("gelu"));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    Countdown countdown = new Countdown(works, out, true, () -> 0);
    countdown.show(0);
    countdown.wipe();
    String line = "[1/1] " + works.get(0).name();
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .isEqualTo("\r" + line + "\r" + " ".repeat(line.length()) + "\r");
  }

  /// Sleeps, in each variant for a time of its own.
  private static final class Sleeper implements Task {
    private final List<String> variants;
    private final List<Long> times;
    private final Map<String, Integer> runsOf = new HashMap<>();
    private long millis;
    private int runs;

    Sleeper(List<String> variants, List<Long> times) {
      this.variants = variants;
      this.times = times;
      this.millis = times.getFirst();
    }

    @Override
    public List<String> variants() {
      return variants;
    }

    @Override
    public void use(String variant) {
      millis = times.get(variants.indexOf(variant));
    }

    @Override
    public void run() {
      runs++;
      runsOf.merge(variants.get(times.indexOf(millis)), 1, Integer::sum);
      try {
        Thread.sleep(millis);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public List<float[]> results() {
      throw new UnsupportedOperationException();
    }
  }
}

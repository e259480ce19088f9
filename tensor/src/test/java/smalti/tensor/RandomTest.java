package smalti.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RandomTest {
  private final int threads = Parallel.threads();

  @AfterEach
  void restoreThreads() {
    Parallel.threads(threads);
  }

  @Test
  void drawsTheWordsOfPhilox() {
    Random random = Random.of(0);
    assertThat(random.nextBits()).isEqualTo(0x6627e8d5);
    assertThat(random.nextBits()).isEqualTo(0xe169c58d);
    assertThat(random.nextBits()).isEqualTo(0xbc57ac4c);
    assertThat(random.nextBits()).isEqualTo(0x9b00dbd8);
  }

  @Test
  void childrenDependOnKeyAndLabelOnly() {
    Random fresh = Random.of(7);
    Random used = Random.of(7);
    used.nextGaussian();
    used.split("other");
    used.normal(Shape.of(3));
    assertThat(used.split("vae").nextBits()).isEqualTo(fresh.split("vae").nextBits());
    assertThat(used.split(3).key()).isEqualTo(fresh.split(3).key());
    assertThat(fresh.nextBits()).isEqualTo(Random.of(7).nextBits());
  }

  @Test
  void keysOfManyChildrenDiffer() {
    Set<Long> keys = new HashSet<>();
    Random random = Random.of(1);
    for (int i = 0; i < 10_000; i++) {
      keys.add(random.split(i).key());
      keys.add(random.split("name" + i).key());
      keys.add(random.drawKey());
    }
    keys.add(random.key());
    assertThat(keys).hasSize(30_001);
  }

  @Test
  void siblingsAreUncorrelated() {
    int n = 100_000;
    float[] a = Random.of(5).split(0).normal(Shape.of(n)).toFloats();
    float[] b = Random.of(5).split(1).normal(Shape.of(n)).toFloats();
    double dot = 0;
    for (int i = 0; i < n; i++) {
      dot += a[i] * b[i];
    }
    assertThat(dot / n).isCloseTo(0, within(5 / Math.sqrt(n)));
  }

  @Property(tries = 200)
  void integersStayBelowTheirBound(@ForAll long seed, @ForAll @IntRange(min = 1) int bound) {
    Random random = Random.of(seed);
    for (int i = 0; i < 20; i++) {
      assertThat(random.nextInt(bound)).isBetween(0, bound - 1);
    }
  }

  @Test
  void integersAreUniform() {
    int bound = 7;
    int n = 70_000;
    int[] counts = new int[bound];
    Random random = Random.of(11);
    for (int i = 0; i < n; i++) {
      counts[random.nextInt(bound)]++;
    }
    double chiSquared = 0;
    for (int count : counts) {
      chiSquared += Math.pow(count - n / (double) bound, 2) / (n / (double) bound);
    }
    assertThat(chiSquared).isLessThan(22.46); // 99.9 % point for 6 degrees of freedom
  }

  @Test
  void largeBoundsAreUnbiased() {
    // Without rejection, residues modulo 3 would be drawn in the proportion 3 : 3 : 2.
    int bound = 3 << 29;
    int low = 0;
    Random random = Random.of(12);
    for (int i = 0; i < 30_000; i++) {
      low += random.nextInt(bound) % 3 == 0 ? 1 : 0;
    }
    assertThat(low / 30_000.0).isCloseTo(1 / 3.0, within(0.011)); // 4 σ
  }

  @Test
  void gaussiansHaveTheMomentsOfTheNormalDistribution() {
    int n = 200_000;
    Random random = Random.of(3);
    double[] one = new double[n];
    Arrays.setAll(one, i -> random.nextGaussian());
    double[] bulk = Random.of(4).normal(Shape.of(n), DType.F64).toDoubles();
    double[] floats = Random.of(4).normal(Shape.of(n)).toDoubles();
    for (double[] sample : new double[][] {one, bulk, floats}) {
      assertThat(moment(sample, 1)).isCloseTo(0, within(0.011)); // 5 σ: √(1/n)
      assertThat(moment(sample, 2)).isCloseTo(1, within(0.016)); // √(2/n)
      assertThat(moment(sample, 3)).isCloseTo(0, within(0.044)); // √(15/n)
      assertThat(moment(sample, 4)).isCloseTo(3, within(0.11)); // √(96/n)
    }
  }

  private static double moment(double[] sample, int power) {
    return Arrays.stream(sample).map(x -> Math.pow(x, power)).sum() / sample.length;
  }

  @Test
  void uniformNumbersFillTheOpenInterval() {
    int n = 100_000;
    float[] sample = Random.of(8).uniform(Shape.of(n)).toFloats();
    int[] counts = new int[10];
    for (float u : sample) {
      assertThat(u).isGreaterThan(0).isLessThan(1);
      counts[(int) (u * 10)]++;
    }
    double chiSquared = 0;
    for (int count : counts) {
      chiSquared += Math.pow(count - n / 10.0, 2) / (n / 10.0);
    }
    assertThat(chiSquared).isLessThan(27.88); // 99.9 % point for 9 degrees of freedom
  }

  @Test
  void bulkNumbersDependOnTheirIndexOnly() {
    float[] few = Random.of(2).uniform(Shape.of(5)).toFloats();
    float[] many = Random.of(2).uniform(Shape.of(100, 3)).toFloats();
    assertThat(Arrays.copyOf(many, 5)).isEqualTo(few);
    float[] fewNormals = Random.of(2).normal(Shape.of(5)).toFloats();
    float[] manyNormals = Random.of(2).normal(Shape.of(301)).toFloats();
    assertThat(Arrays.copyOf(manyNormals, 5)).isEqualTo(fewNormals);
  }

  @Test
  void bulkNumbersDoNotDependOnThreads() {
    Parallel.threads(1);
    float[] uniform = Random.of(6).uniform(Shape.of(50_001)).toFloats();
    float[] normal = Random.of(6).normal(Shape.of(50_001)).toFloats();
    for (int n = 2; n <= 4; n++) {
      Parallel.threads(n);
      assertThat(Random.of(6).uniform(Shape.of(50_001)).toFloats()).isEqualTo(uniform);
      assertThat(Random.of(6).normal(Shape.of(50_001)).toFloats()).isEqualTo(normal);
    }
  }

  @Test
  void successiveDrawsDiffer() {
    Random random = Random.of(9);
    float[] first = random.normal(Shape.of(8)).toFloats();
    assertThat(random.normal(Shape.of(8)).toFloats()).isNotEqualTo(first);
  }

  @Property(tries = 100)
  void permutationsHoldEveryNumberOnce(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 50) int n) {
    int[] order = Random.of(seed).permutation(n);
    int[] sorted = order.clone();
    Arrays.sort(sorted);
    int[] expected = new int[n];
    Arrays.setAll(expected, i -> i);
    assertThat(sorted).isEqualTo(expected);
  }

  @Test
  void permutationsAreUniform() {
    int[] counts = new int[27];
    Random random = Random.of(10);
    for (int i = 0; i < 60_000; i++) {
      int[] p = random.permutation(3);
      counts[9 * p[0] + 3 * p[1] + p[2]]++;
    }
    assertThat(Arrays.stream(counts).filter(c -> c > 0).count()).isEqualTo(6);
    for (int count : counts) {
      if (count > 0) {
        assertThat(count).isBetween(9600, 10_400);
      }
    }
  }

  @Test
  void coinsAreFairToTheirOdds() {
    Random random = Random.of(13);
    int heads = 0;
    for (int i = 0; i < 100_000; i++) {
      heads += random.nextBoolean(0.3) ? 1 : 0;
    }
    assertThat(heads / 100_000.0).isCloseTo(0.3, within(0.006));
    assertThat(random.nextBoolean(0)).isFalse();
    assertThat(random.nextBoolean(1)).isTrue();
  }
}

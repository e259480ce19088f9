package smalti.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import smalti.tensor.backend.BinaryOp;
import smalti.tensor.backend.ReduceOp;

class TensorTest {
  private final Tensor grid = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);

  @Test
  void makesTensors() {
    assertThat(Tensor.zeros(2, 2).toFloats()).containsExactly(0, 0, 0, 0);
    assertThat(Tensor.ones(3).toFloats()).containsExactly(1, 1, 1);
    assertThat(Tensor.arange(4).toInts()).containsExactly(0, 1, 2, 3);
    assertThat(Tensor.scalar(2.5).item()).isEqualTo(2.5);
    assertThat(Tensor.full(Shape.of(2), 7, DType.I32).toInts()).containsExactly(7, 7);
    float[] data = {1, 2};
    Tensor shared = Tensor.of(data, 2);
    data[0] = 9;
    assertThat(shared.get(0)).as("of(…) does not copy").isEqualTo(9);
  }

  @Test
  void readsElements() {
    assertThat(grid.get(1, 2)).isEqualTo(6);
    assertThat(grid.transpose(0, 1).get(2, 1)).isEqualTo(6);
    assertThat(grid.slice(1, 1, 3).toFloats()).containsExactly(2, 3, 5, 6);
    assertThat(grid.slice(1, 1, 3).toDoubles()).containsExactly(2, 3, 5, 6);
    assertThat(grid.to(DType.F64).toFloats()).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(grid.dim(-1)).isEqualTo(3);
  }

  @Test
  void toFloatsGivesAnArrayOfItsOwn() {
    grid.toFloats()[0] = 99;
    assertThat(grid.get(0, 0)).isEqualTo(1);
  }

  @Test
  void selectsOneIndex() {
    assertThat(grid.select(0, 1).toFloats()).containsExactly(4, 5, 6);
    assertThat(grid.select(-1, 0).toFloats()).containsExactly(1, 4);
    assertThat(grid.select(0, 1).select(0, 2).item()).isEqualTo(6);
    assertThat(grid.select(0, 1).storage()).isSameAs(grid.storage());
  }

  @Test
  void infersOneSize() {
    assertThat(grid.reshape(-1).shape()).isEqualTo(Shape.of(6));
    assertThat(grid.reshape(3, -1).shape()).isEqualTo(Shape.of(3, 2));
    assertThat(Tensor.zeros(0, 3).reshape(-1, 3).shape()).isEqualTo(Shape.of(0, 3));
    assertThat(Tensor.scalar(1).reshape(1, -1).shape()).isEqualTo(Shape.of(1, 1));
  }

  @Test
  void calculates() {
    Tensor b = Tensor.of(new float[] {1, 2, 3}, 3);
    assertThat(grid.add(b).toFloats()).containsExactly(2, 4, 6, 5, 7, 9);
    assertThat(grid.sub(b).toFloats()).containsExactly(0, 0, 0, 3, 3, 3);
    assertThat(grid.mul(b).toFloats()).containsExactly(1, 4, 9, 4, 10, 18);
    assertThat(grid.div(b).toFloats()).containsExactly(1, 1, 1, 4, 2.5f, 2);
    assertThat(grid.add(1).sub(2).mul(2).div(4).toFloats())
        .containsExactly(0, 0.5f, 1, 1.5f, 2, 2.5f);
    assertThat(grid.neg().toFloats()).containsExactly(-1, -2, -3, -4, -5, -6);
    assertThat(grid.binary(BinaryOp.GT, Tensor.scalar(3)).toFloats())
        .containsExactly(0, 0, 0, 1, 1, 1);
    assertThat(Tensor.arange(3).add(2).toInts()).containsExactly(2, 3, 4);
  }

  @Test
  void choosesByACondition() {
    Tensor condition = Tensor.of(new int[] {1, 0, -1}, 3);
    Tensor column = Tensor.of(new float[] {10, 20}, 2, 1);
    assertThat(Tensor.where(condition, grid, column).toFloats())
        .containsExactly(1, 10, 3, 4, 20, 6);
    assertThat(Tensor.where(Tensor.scalar(0), Tensor.scalar(1), grid).shape())
        .isEqualTo(grid.shape());
  }

  @Test
  void reduces() {
    assertThat(grid.sum().item()).isEqualTo(21);
    assertThat(grid.sum(0).toFloats()).containsExactly(5, 7, 9);
    assertThat(grid.sum(-1).toFloats()).containsExactly(6, 15);
    assertThat(grid.sum(1, 0).shape()).isEqualTo(Shape.SCALAR);
    assertThat(grid.max(0).toFloats()).containsExactly(4, 5, 6);
    assertThat(grid.reduce(ReduceOp.MIN, true, 1).toFloats()).containsExactly(1, 4);
    assertThat(grid.reduce(ReduceOp.SUM, true, 0).shape()).isEqualTo(Shape.of(1, 3));
    assertThat(grid.mean().item()).isEqualTo(3.5);
    assertThat(grid.mean(0).toFloats()).containsExactly(2.5f, 3.5f, 4.5f);
    assertThat(grid.mean(-1).toFloats()).containsExactly(2, 5);
    assertThat(grid.argmax().toInts()).containsExactly(2, 2);
    assertThat(Tensor.of(new float[] {1, Float.NaN, 3}, 3).max().item()).isNaN();
  }

  @Test
  void reducesNothing() {
    Tensor nothing = Tensor.zeros(0, 3);
    assertThat(nothing.sum().item()).isZero();
    assertThat(nothing.sum(0).toFloats()).containsExactly(0, 0, 0);
    assertThat(nothing.sum(1).elements()).isZero();
    assertThat(nothing.max(0).get(1)).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(nothing.mean().item()).isNaN();
    assertThat(nothing.mean(1).elements()).isZero();
  }

  @Property(tries = 300)
  void reducesLikeLoops(
      @ForAll @IntRange(min = 1, max = 3) int a,
      @ForAll @IntRange(min = 1, max = 3) int b,
      @ForAll @IntRange(min = 1, max = 3) int c,
      @ForAll @IntRange(min = 0, max = 7) int which) {
    Tensor x = Random.of(which).normal(Shape.of(c, a, b), DType.F64).permute(1, 2, 0); // (a, b, c)
    int[] axes = IntStream.range(0, 3).filter(i -> (which >> i & 1) == 1).toArray();
    int[] kept = {a, b, c};
    for (int axis : axes.length == 0 ? new int[] {0, 1, 2} : axes) {
      kept[axis] = 1;
    }
    double[] sums = new double[kept[0] * kept[1] * kept[2]];
    for (int i = 0; i < a; i++) {
      for (int j = 0; j < b; j++) {
        for (int k = 0; k < c; k++) {
          sums[(i % kept[0] * kept[1] + j % kept[1]) * kept[2] + k % kept[2]] += x.get(i, j, k);
        }
      }
    }
    Tensor sum = x.reduce(ReduceOp.SUM, true, axes);
    assertThat(sum.shape()).isEqualTo(Shape.of(kept));
    assertThat(sum.toDoubles()).usingComparatorWithPrecision(1e-12).containsExactly(sums);
    double count = x.elements() / (double) sums.length;
    double[] means = Arrays.stream(sums).map(s -> s / count).toArray();
    assertThat(x.mean(axes).toDoubles()).usingComparatorWithPrecision(1e-12).containsExactly(means);
  }

  @Test
  void joins() {
    Tensor row = Tensor.of(new float[] {7, 8, 9}, 1, 3);
    assertThat(Tensor.cat(List.of(grid, row), 0).toFloats())
        .containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9);
    Tensor columns = Tensor.of(new float[] {7, 8}, 1, 2).transpose(0, 1);
    assertThat(Tensor.cat(List.of(grid, columns, grid.slice(1, 0, 0)), -1).toFloats())
        .containsExactly(1, 2, 3, 7, 4, 5, 6, 8);
  }

  @Test
  void multipliesMatrices() {
    assertThat(grid.matmul(grid.transpose(0, 1)).toFloats()).containsExactly(14, 32, 32, 77);
    Tensor batch = grid.reshape(2, 1, 3);
    Tensor product = batch.matmul(grid.transpose(0, 1)); // (2, 1, 2)
    assertThat(product.shape()).isEqualTo(Shape.of(2, 1, 2));
    assertThat(product.toFloats()).containsExactly(14, 32, 32, 77);
    Tensor outer = grid.reshape(2, 1, 3, 1).matmul(grid.reshape(1, 2, 1, 3)); // (2, 2, 3, 3)
    assertThat(outer.get(1, 0, 2, 1)).isEqualTo(6 * 2);
    assertThat(Tensor.zeros(2, 3, 0).matmul(Tensor.zeros(0, 4)).shape())
        .isEqualTo(Shape.of(2, 3, 4));
    assertThat(Tensor.zeros(2, 0).matmul(Tensor.zeros(0, 2)).toFloats()).containsOnly(0);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "I32")
  void worksInEveryFloatingDType(DType dtype) {
    Tensor x = grid.to(dtype);
    assertThat(x.add(x).mul(2).matmul(x.transpose(0, 1)).dtype()).isEqualTo(dtype);
    assertThat(x.matmul(x.transpose(0, 1)).toDoubles()).containsExactly(14, 32, 32, 77);
    assertThat(x.mean().item()).isEqualTo(3.5);
  }

  @Test
  void convertsBetweenDTypes() {
    Tensor x = Tensor.of(new double[] {1.9, -1.9, 1e10, Double.NaN}, 4);
    assertThat(x.to(DType.I32).toInts()).containsExactly(1, -1, Integer.MAX_VALUE, 0);
    assertThat(x.to(DType.F32).get(0)).isEqualTo(1.9f);
    assertThat(x.to(DType.F16).get(0)).isCloseTo(1.9, within(1e-3));
    assertThat(x.to(DType.F16).get(2)).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(x.to(DType.BF16).get(0)).isCloseTo(1.9, within(8e-3));
  }
}

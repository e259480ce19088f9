package smalti.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import smalti.tensor.backend.BinaryOp;

class ShapeTest {

  @Test
  void countsElements() {
    assertThat(Shape.SCALAR.elements()).isEqualTo(1);
    assertThat(Shape.of()).isSameAs(Shape.SCALAR);
    assertThat(Shape.of(2, 3, 4).elements()).isEqualTo(24);
    assertThat(Shape.of(2, 0, 4).elements()).isZero();
    assertThat(Shape.of(1 << 30, 1 << 30, 1 << 30, 0).elements()).isZero();
    assertThat(Shape.of(Integer.MAX_VALUE - 8).elements()).isEqualTo(Integer.MAX_VALUE - 8);
    assertThatThrownBy(() -> Shape.of(Integer.MAX_VALUE - 7)).isInstanceOf(ShapeException.class);
    assertThatThrownBy(() -> Shape.of(1 << 30, 1 << 30, 1 << 30, 1 << 30))
        .isInstanceOf(ShapeException.class);
  }

  @Test
  void isAnImmutableValue() {
    int[] sizes = {2, 3};
    Shape shape = Shape.of(sizes);
    sizes[0] = 9;
    shape.toArray()[1] = 9;
    assertThat(shape).isEqualTo(Shape.of(2, 3)).hasSameHashCodeAs(Shape.of(2, 3));
    assertThat(shape).isNotEqualTo(Shape.of(3, 2)).hasToString("[2, 3]");
  }

  @Test
  void changesOneAxis() {
    Shape shape = Shape.of(2, 3, 4);
    assertThat(shape.with(-1, 7)).isEqualTo(Shape.of(2, 3, 7));
    assertThat(shape.without(1)).isEqualTo(Shape.of(2, 4));
    assertThat(Shape.of(5).without(-1)).isEqualTo(Shape.SCALAR);
    assertThat(shape.dim(-3)).isEqualTo(2);
  }

  /// Broadcasts as NumPy's manual puts it: write the shapes below each other, aligned at the end,
  /// fill up with 1; each column must have one size besides 1.
  private static List<Integer> naiveBroadcast(List<Integer> a, List<Integer> b) {
    List<Integer> left = new ArrayList<>(a);
    List<Integer> right = new ArrayList<>(b);
    while (left.size() < right.size()) {
      left.addFirst(1);
    }
    while (right.size() < left.size()) {
      right.addFirst(1);
    }
    List<Integer> out = new ArrayList<>();
    for (int i = 0; i < left.size(); i++) {
      List<Integer> others = new ArrayList<>(List.of(left.get(i), right.get(i)));
      others.removeIf(n -> n == 1);
      if (others.size() == 2 && !others.get(0).equals(others.get(1))) {
        return List.of(-1);
      }
      out.add(others.isEmpty() ? 1 : others.getFirst());
    }
    return out;
  }

  @Property(tries = 1000)
  void broadcastsLikeNumPy(
      @ForAll @Size(max = 4) List<@IntRange(min = 0, max = 3) Integer> a,
      @ForAll @Size(max = 4) List<@IntRange(min = 0, max = 3) Integer> b) {
    Shape left = Shape.of(a.stream().mapToInt(n -> n).toArray());
    Shape right = Shape.of(b.stream().mapToInt(n -> n).toArray());
    List<Integer> expected = naiveBroadcast(a, b);
    if (expected.equals(List.of(-1))) {
      assertThatThrownBy(() -> Shape.broadcast("ADD", left, right))
          .isInstanceOf(ShapeException.class)
          .hasMessageStartingWith("ADD: cannot broadcast; a " + left + ", b " + right);
      return;
    }
    Shape out = Shape.broadcast("ADD", left, right);
    assertThat(out).isEqualTo(Shape.of(expected.stream().mapToInt(n -> n).toArray()));
    checkSubtraction(left, right, out);
  }

  /// Checks the values too, by a function that is not symmetric.
  private static void checkSubtraction(Shape left, Shape right, Shape out) {
    Table a = Table.counting(left.toArray());
    Table b = Table.counting(right.toArray());
    int[] sum =
        Tensor.of(a.data(), a.sizes())
            .mul(1000)
            .binary(BinaryOp.SUB, Tensor.of(b.data(), b.sizes()))
            .toInts();
    int[] wideA = a.expand(out.toArray()).data();
    int[] wideB = b.expand(out.toArray()).data();
    assertThat(sum).hasSize(out.elements());
    for (int i = 0; i < sum.length; i++) {
      assertThat(sum[i]).isEqualTo(1000 * wideA[i] - wideB[i]);
    }
  }

  @Property(tries = 500)
  void sumToUndoesABroadcast(
      @ForAll @Size(max = 4) List<@IntRange(min = 1, max = 3) Integer> sizes,
      @ForAll @IntRange(min = 0, max = 15) int stretched,
      @ForAll @IntRange(min = 0, max = 2) int leading) {
    int[] small = new int[sizes.size()];
    int[] large = new int[leading + sizes.size()];
    int copies = 1;
    for (int i = 0; i < large.length; i++) {
      int axis = i - leading;
      large[i] = axis < 0 ? 2 : sizes.get(axis);
      if (axis >= 0) {
        small[axis] = (stretched >> axis & 1) == 1 ? 1 : large[i];
      }
      copies *= axis < 0 ? 2 : large[i] / small[axis];
    }
    Table table = Table.counting(small);
    Tensor x = Tensor.of(table.data(), small);
    Tensor back = x.expand(Shape.of(large)).sumTo(Shape.of(small));
    assertThat(back.shape()).isEqualTo(x.shape());
    assertThat(back.toInts()).isEqualTo(x.mul(copies).toInts());
  }
}

package smalti.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import smalti.tensor.backend.Backends;

class LayoutTest {

  /// Holds the same elements twice: as a tensor under test and written out.
  private record Pair(Tensor tensor, Table table) {

    static Pair counting(int... sizes) {
      Table table = Table.counting(sizes);
      return new Pair(Tensor.of(table.data(), sizes), table);
    }

    /// Applies the view that a code stands for.
    Pair step(int code) {
      int choice = Math.floorMod(code / 5, 1000);
      return switch (Math.floorMod(code, 5)) {
        case 0 -> permute(choice);
        case 1 -> slice(choice);
        case 2 -> expand(choice);
        case 3 -> split(choice);
        default -> merge(choice);
      };
    }

    private Pair permute(int choice) {
      int[] axes = IntStream.range(0, table.rank()).toArray();
      for (int i = axes.length - 1, c = choice; i > 0; c /= i + 1, i--) {
        int j = c % (i + 1);
        int t = axes[i];
        axes[i] = axes[j];
        axes[j] = t;
      }
      return new Pair(tensor.permute(axes), table.permute(axes));
    }

    private Pair slice(int choice) {
      if (table.rank() == 0) {
        return this;
      }
      int axis = choice % table.rank();
      int size = table.sizes()[axis];
      int start = choice / 7 % (size + 1);
      int end = start + choice / 31 % (size + 1 - start);
      return new Pair(tensor.slice(axis, start, end), table.slice(axis, start, end));
    }

    private Pair expand(int choice) {
      int[] target = table.sizes().clone();
      for (int axis = 0; axis < target.length; axis++) {
        if (target[axis] == 1) {
          target[axis] = choice % 4; // 0 too
        }
      }
      if (choice % 3 == 0 && target.length < 5) {
        target = IntStream.concat(IntStream.of(2), Arrays.stream(target)).toArray();
      }
      return new Pair(tensor.expand(Shape.of(target)), table.expand(target));
    }

    /// Reshapes one axis into two, one of them perhaps of size 1.
    private Pair split(int choice) {
      if (table.rank() == 0 || table.rank() > 5) {
        return reshape(1);
      }
      int[] sizes = table.sizes();
      int axis = choice % sizes.length;
      int[] divisors =
          IntStream.rangeClosed(1, Math.max(1, sizes[axis]))
              .filter(d -> sizes[axis] % d == 0)
              .toArray();
      int divisor = divisors[choice / 7 % divisors.length];
      int[] target = new int[sizes.length + 1];
      System.arraycopy(sizes, 0, target, 0, axis);
      target[axis] = sizes[axis] / divisor;
      target[axis + 1] = divisor;
      System.arraycopy(sizes, axis + 1, target, axis + 2, sizes.length - axis - 1);
      return target.length > 0 && tensor.elements() > 0 ? reshape(target) : this;
    }

    /// Reshapes two neighbouring axes into one, or all of them.
    private Pair merge(int choice) {
      int[] sizes = table.sizes();
      if (sizes.length < 2 || choice % 5 == 0) {
        return reshape(tensor.elements());
      }
      int axis = choice % (sizes.length - 1);
      int[] target = new int[sizes.length - 1];
      System.arraycopy(sizes, 0, target, 0, axis);
      target[axis] = sizes[axis] * sizes[axis + 1];
      System.arraycopy(sizes, axis + 2, target, axis + 1, sizes.length - axis - 2);
      return reshape(target);
    }

    private Pair reshape(int... target) {
      return tensor.elements() == Shape.of(target).elements()
          ? new Pair(tensor.reshape(target), table.reshape(target))
          : this;
    }

    void check() {
      assertThat(tensor.shape().toArray()).isEqualTo(table.sizes());
      for (int i = 0; i < table.data().length; i++) {
        int[] index = Table.index(table.sizes(), i);
        assertThat(tensor.get(index)).isEqualTo(table.data()[i]);
      }
      assertThat(tensor.toInts()).isEqualTo(table.data());
      Tensor dense = tensor.contiguous();
      assertThat(dense.isContiguous()).isTrue();
      assertThat(dense.toInts()).isEqualTo(table.data());
    }
  }

  @Property(tries = 1000)
  void everyChainOfViewsReadsTheRightElements(
      @ForAll @Size(max = 4) List<@IntRange(min = 1, max = 4) Integer> sizes,
      @ForAll @Size(max = 7) List<@IntRange(min = 0, max = 4999) Integer> codes) {
    Pair pair = Pair.counting(sizes.stream().mapToInt(n -> n).toArray());
    for (int code : codes) {
      pair = pair.step(code);
    }
    pair.check();
    assertContiguityIsRight(pair.tensor);
  }

  private static void assertContiguityIsRight(Tensor t) {
    boolean dense = true;
    for (int i = 0; i < t.elements(); i++) {
      dense &= t.layout().at(Table.index(t.shape().toArray(), i)) == t.layout().offset() + i;
    }
    if (t.elements() > 0) {
      assertThat(t.isContiguous()).isEqualTo(dense);
    }
  }

  @Property(tries = 1000)
  void reshapeIsAViewExactlyWhereStridesCanExpressIt(
      @ForAll @Size(max = 3) List<@IntRange(min = 1, max = 4) Integer> sizes,
      @ForAll @Size(max = 4) List<@IntRange(min = 0, max = 4999) Integer> codes,
      @ForAll @IntRange(min = 0, max = 4999) int last) {
    Pair pair = Pair.counting(sizes.stream().mapToInt(n -> n).toArray());
    for (int code : codes) {
      pair = pair.step(code);
    }
    Layout from = pair.tensor.layout();
    Shape target = pair.step(last / 5 * 5 + 3 + last % 2).tensor.shape();
    Layout view = from.reshape(target);
    assertThat(view != null).as("%s to %s", from, target).isEqualTo(isExpressible(from, target));
    if (view != null) {
      for (int i = 0; i < target.elements(); i++) {
        assertThat(view.at(Table.index(target.toArray(), i)))
            .isEqualTo(from.at(Table.index(from.shape().toArray(), i)));
      }
    }
  }

  /// Reads the only possible strides off the neighbours of the first element, then tries them.
  private static boolean isExpressible(Layout from, Shape target) {
    int[] places = new int[target.elements()];
    for (int i = 0; i < places.length; i++) {
      places[i] = from.at(Table.index(from.shape().toArray(), i));
    }
    int[] sizes = target.toArray();
    int[] dense = target.rowMajorStrides();
    for (int i = 0; i < places.length; i++) {
      int[] index = Table.index(sizes, i);
      int place = places[0];
      for (int axis = 0; axis < sizes.length; axis++) {
        int stride = sizes[axis] > 1 ? places[dense[axis]] - places[0] : 0;
        place += index[axis] * stride;
      }
      if (place != places[i]) {
        return false;
      }
    }
    return true;
  }

  @Test
  void viewsShareStorageAndCopiesDoNot() {
    Tensor t = Tensor.zeros(2, 3);
    assertThat(t.reshape(3, 2).storage()).isSameAs(t.storage());
    assertThat(t.transpose(0, 1).storage()).isSameAs(t.storage());
    assertThat(t.transpose(0, 1).reshape(6).storage()).isNotSameAs(t.storage());
    assertThat(t.copy().storage()).isNotSameAs(t.storage());
    assertThat(t.contiguous()).isSameAs(t);
  }

  @Test
  void kernelsWriteThroughViews() {
    Tensor t = Tensor.zeros(3, 4);
    Tensor view = t.slice(0, 1, 3).slice(1, 1, 3).transpose(0, 1); // (2, 2)
    Backends.current().copy(Tensor.of(new float[] {1, 2, 3, 4}, 2, 2), view);
    assertThat(t.toFloats()).containsExactly(0, 0, 0, 0, 0, 1, 3, 0, 0, 2, 4, 0);
  }

  @Test
  void layoutsAreValues() {
    Layout a = Layout.contiguous(Shape.of(2, 3));
    assertThat(a.permute(1, 0).permute(1, 0)).isEqualTo(a).hasSameHashCodeAs(a);
    assertThat(a).isNotEqualTo(a.slice(0, 1, 2)).isNotEqualTo(a.permute(1, 0));
    assertThat(a.slice(1, 1, 3)).hasToString("Layout[shape=[2, 2], strides=[3, 1], offset=1]");
    assertThat(a.stride(-1)).isEqualTo(1);
  }

  @Test
  void stridesMayBeGiven() {
    Storage storage = new Storage.I32(new int[] {0, 1, 2, 3, 4, 5, 6, 7});
    Tensor t = new Tensor(storage, Layout.strided(Shape.of(2, 3), new int[] {1, 2}, 2));
    assertThat(t.toInts()).containsExactly(2, 4, 6, 3, 5, 7);
    assertThat(Layout.strided(Shape.of(2, 3), new int[] {3, 1}, 0))
        .isEqualTo(Layout.contiguous(Shape.of(2, 3)));
    assertThatThrownBy(() -> Layout.strided(Shape.of(2, 3), new int[] {1}, 0))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("needs 2 strides");
    assertThatThrownBy(() -> Layout.strided(Shape.of(2), new int[] {-1}, 1))
        .isInstanceOf(ShapeException.class);
    assertThatThrownBy(() -> Layout.strided(Shape.of(2), new int[] {1}, -1))
        .isInstanceOf(ShapeException.class);
  }
}

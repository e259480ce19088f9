package smalti.autograd.op;

import java.util.Arrays;
import java.util.List;

/// Converts between the lists that records hold (they compare and print well) and arrays.
final class Ints {
  private Ints() {}

  static int[] of(List<Integer> list) {
    int[] array = new int[list.size()];
    Arrays.setAll(array, list::get);
    return array;
  }

  static List<Integer> list(int... array) {
    Integer[] list = new Integer[array.length];
    Arrays.setAll(list, i -> array[i]);
    return List.of(list);
  }
}

package smalti.autograd.op;

import java.util.Arrays;
import java.util.List;

/// Converts between the lists that records hold (they compare and print well) and arrays.
final class Ints {
  private Ints() {}

  static int[] of(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }

  static List<Integer> list(int... array) {
    return Arrays.stream(array).boxed().toList();
  }
}

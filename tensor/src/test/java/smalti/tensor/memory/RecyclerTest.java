package smalti.tensor.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Storage;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backends;

final class RecyclerTest {
  private static final Shape LARGE = Shape.of(64, 64);

  private static Tensor full(double value) {
    return Tensor.full(LARGE, value, DType.F32);
  }

  private static List<Tensor> step(List<Tensor> made, Tensor... results) {
    return Backends.current()
        .step(() -> {
          for (int i = 0; i < 3; i++) {
            Tensor drawn = Random.of(i).uniform(LARGE);
            made.addAll(List.of(drawn, drawn.mul(2)));
          }
          return List.of(results);
        });
  }

  @Test
  void theNextStepGetsTheArraysOfTheLast() {
    Backends.current().step(List::of); // drops what waits from other tests
    List<Tensor> first = new ArrayList<>();
    List<Tensor> second = new ArrayList<>();
    step(first);
    step(second);
    long shared =
        second.stream().filter(t -> first.stream().anyMatch(f -> sameArray(f, t))).count();
    assertThat(shared).as("tensors in arrays of the first step").isEqualTo(6);
  }

  @Test
  void arraysWaitForStepsOfOtherSizesButNotForEver() {
    assertThat(stepsInBetween(2)).as("arrays lent again after two other steps").isTrue();
    assertThat(stepsInBetween(40)).as("arrays lent again after forty").isFalse();
  }

  @Test
  void arraysThatWaitMakeRoom() {
    Shape half = Shape.of(1 << 24); // 64 MB, half of what may always be kept
    List<Tensor> made = new ArrayList<>();
    for (Shape shape : List.of(half, Shape.of((1 << 24) + 8, 2), half)) {
      Backends.current()
          .step(() -> {
            made.add(Tensor.full(shape, 1, DType.F32));
            return List.of();
          });
    }
    assertThat(sameArray(made.getFirst(), made.getLast())).isFalse();
  }

  private static boolean stepsInBetween(int others) {
    Shape shape = Shape.of(64, 65);
    List<Tensor> made = new ArrayList<>();
    for (int i = 0; i < others + 2; i++) {
      boolean own = i == 0 || i == others + 1;
      Backends.current()
          .step(() -> {
            Tensor ones = Tensor.full(own ? shape : LARGE, 1, DType.F32);
            if (own) {
              made.add(ones);
            }
            return List.of();
          });
    }
    return sameArray(made.getFirst(), made.getLast());
  }

  private static boolean sameArray(Tensor a, Tensor b) {
    return a.storage().equals(b.storage()); // records of arrays: equal if the array is the same
  }

  @Test
  void resultsAreKeptAndAllElseIsSpoiltUnderAssertions() {
    List<Tensor> made = new ArrayList<>();
    Tensor kept =
        Backends.current()
            .step(() -> {
              made.add(full(1));
              return List.of(full(3));
            })
            .getFirst();
    step(new ArrayList<>());
    assertThat(kept.toFloats()).containsOnly(3);
    assertThat(made.getFirst().toFloats()).containsOnly(Float.NaN);
  }

  @Test
  void zerosAreZerosWhateverWasThere() {
    Backends.current().step(() -> List.of(full(7).mul(1)).subList(0, 0));
    Tensor zeros = Backends.current().step(() -> List.of(Tensor.zeros(64, 64))).getFirst();
    assertThat(zeros.toFloats()).containsOnly(0);
  }

  @Test
  void aReleasedArrayIsLentAgainInTheSameStep() {
    boolean[] same = new boolean[1];
    Backends.current()
        .step(() -> {
          Tensor first = full(1).mul(2);
          Recycler.release(first);
          same[0] = sameArray(first, full(3));
          return List.of();
        });
    assertThat(same[0]).isTrue();
  }

  @Test
  void whatAnOpHasSavedIsNotReleased() {
    Backends.current()
        .step(() -> {
          Tensor saved = full(4);
          Recycler.save(saved);
          Recycler.release(saved);
          assertThat(sameArray(saved, full(1))).isFalse();
          assertThat(saved.toFloats()).containsOnly(4);
          return List.of();
        });
  }

  @Test
  void aPartOfAStepKeepsItsResultOnly() {
    List<Tensor> made = new ArrayList<>();
    Tensor kept =
        Backends.current()
            .step(() -> {
              Tensor before = full(1);
              Tensor result =
                  Recycler.part(() -> {
                    made.add(full(5));
                    return full(3);
                  });
              assertThat(made.getFirst().toFloats()).containsOnly(Float.NaN);
              made.add(full(7)); // in the array that the part has given back
              assertThat(sameArray(made.getFirst(), made.getLast())).isTrue();
              return List.of(result.mul(before));
            })
            .getFirst();
    step(new ArrayList<>());
    assertThat(kept.toFloats()).containsOnly(3);
  }

  @Test
  void aPartThatFailsLeavesItsArraysToTheStep() {
    List<Tensor> made = new ArrayList<>();
    Backends.current()
        .step(() -> {
          assertThatThrownBy(() ->
                  Recycler.part(() -> {
                    made.add(full(5));
                    throw new IllegalStateException("stop");
                  }))
              .hasMessage("stop");
          assertThat(made.getFirst().toFloats()).containsOnly(5);
          return List.of();
        });
    assertThat(made.getFirst().toFloats()).containsOnly(Float.NaN);
  }

  @Test
  void aStepWithinAStepKeepsItsResultsOnly() {
    List<Tensor> made = new ArrayList<>();
    Backends.current()
        .step(() -> {
          List<Tensor> inner =
              Backends.current()
                  .step(() -> {
                    made.add(full(1));
                    return List.of(full(2), full(3));
                  });
          made.add(full(4));
          assertThat(sameArray(made.get(0), made.get(1))).isTrue();
          assertThat(inner.get(0).toFloats()).containsOnly(2);
          assertThat(inner.get(1).toFloats()).containsOnly(3);
          return List.of();
        });
  }

  @Test
  void aLenderMadeBeforeAPartLendsUntilTheStepIsOver() {
    List<float[]> first = new ArrayList<>();
    List<Tensor> later = new ArrayList<>();
    Backends.current()
        .step(() -> {
          IntFunction<float[]> lender = Recycler.lender();
          Backends.current()
              .step(() -> {
                first.add(lender.apply(LARGE.elements()));
                Arrays.fill(first.getFirst(), 7);
                return List.of();
              });
          later.add(full(1));
          assertThat(first.getFirst()).containsOnly(7);
          return List.of();
        });
    Backends.current()
        .step(() -> {
          later.add(full(2));
          later.add(full(3));
          return List.of();
        });
    assertThat(later.stream().skip(1).map(Tensor::storage))
        .as("the array is lent to the next step")
        .contains(new Storage.F32(first.getFirst()));
  }

  @Test
  void outsideStepsALenderMakesNewArrays() {
    IntFunction<float[]> lender = Recycler.lender();
    List<float[]> made = new ArrayList<>();
    Backends.current()
        .step(() -> {
          made.add(lender.apply(LARGE.elements()));
          Arrays.fill(made.getFirst(), 7);
          return List.of();
        });
    step(new ArrayList<>());
    assertThat(made.getFirst()).containsOnly(7);
  }

  @Test
  void outsideStepsAPartIsJustRun() {
    assertThat(Recycler.part(() -> full(2)).toFloats()).containsOnly(2);
  }

  @Test
  void withoutTheRecyclerTensorsOutliveTheStep() {
    List<Tensor> made = new ArrayList<>();
    Backends.current()
        .step(() -> {
          made.add(Recycler.without(() -> full(5)));
          return List.of();
        });
    step(new ArrayList<>());
    assertThat(made.getFirst().toFloats()).containsOnly(5);
  }

  @Test
  void aStepThatFailsHarmsNoLaterOne() {
    List<Tensor> made = new ArrayList<>();
    assertThatThrownBy(() ->
            Backends.current()
                .step(() -> {
                  made.add(full(5));
                  throw new IllegalStateException("stop");
                }))
        .hasMessage("stop");
    step(new ArrayList<>());
    assertThat(made.getFirst().toFloats()).containsOnly(5);
  }
}

package smalti.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ParallelTest {
  private final int before = Parallel.threads();

  @AfterEach
  void restore() {
    Parallel.threads(before);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void everyIterationRunsOnce(int threads) {
    Parallel.threads(threads);
    for (int n : new int[] {0, 1, 2, 7, 64, 1001}) {
      for (int grain : new int[] {-1, 1, 3, 64, 5000}) {
        AtomicIntegerArray runs = new AtomicIntegerArray(n);
        Parallel.range(
            n,
            grain,
            (start, end) -> {
              for (int i = start; i < end; i++) {
                runs.incrementAndGet(i);
              }
            });
        for (int i = 0; i < n; i++) {
          assertThat(runs.get(i)).as("n %d, grain %d, i %d", n, grain, i).isEqualTo(1);
        }
      }
    }
  }

  @Test
  void piecesDoNotDependOnThreads() {
    List<String> expected = List.of("0-10", "10-20", "20-25");
    for (int threads = 1; threads <= 8; threads++) {
      Parallel.threads(threads);
      List<String> pieces = Collections.synchronizedList(new ArrayList<>());
      Parallel.range(25, 10, (start, end) -> pieces.add(start + "-" + end));
      assertThat(pieces).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  @Test
  void theLongestLoopsDoNotOverflow() {
    Parallel.threads(2);
    List<Integer> ends = Collections.synchronizedList(new ArrayList<>());
    Parallel.range(Integer.MAX_VALUE, 1 << 30, (start, end) -> ends.add(end));
    assertThat(ends).containsExactlyInAnyOrder(1 << 30, Integer.MAX_VALUE);
    ends.clear();
    Parallel.range(Integer.MAX_VALUE, Integer.MAX_VALUE, (start, end) -> ends.add(end));
    assertThat(ends).containsExactly(Integer.MAX_VALUE);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 8})
  void whoIsDoneHelpsTheOthers(int threads) {
    Parallel.threads(threads);
    CountDownLatch others = new CountDownLatch(23);
    Parallel.range(
        24,
        1,
        (start, end) -> {
          if (start > 0) {
            others.countDown();
          } else if (!await(others)) { // the first piece holds its thread up
            throw new AssertionError("nobody took the rest of the first thread's pieces");
          }
        });
    assertThat(others.getCount()).isZero();
  }

  private static boolean await(CountDownLatch latch) {
    try {
      return latch.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void exceptionsReachTheCaller(int threads) {
    Parallel.threads(threads);
    assertThatThrownBy(() ->
            Parallel.range(
                100,
                1,
                (start, end) -> {
                  if (start == 57) {
                    throw new ShapeException("piece 57");
                  }
                }))
        .isInstanceOf(ShapeException.class)
        .hasMessage("piece 57");
    assertThatThrownBy(() ->
            Parallel.range(
                10,
                1,
                (start, end) -> {
                  throw new AssertionError("an error");
                }))
        .isInstanceOf(AssertionError.class)
        .hasMessage("an error");
    AtomicInteger count = new AtomicInteger(); // the team still works
    Parallel.range(100, 1, (start, end) -> count.incrementAndGet());
    assertThat(count).hasValue(100);
  }

  @Test
  void loopsNest() {
    Parallel.threads(4);
    AtomicInteger count = new AtomicInteger();
    Parallel.range(
        10,
        1,
        (start, end) -> Parallel.range(10, 1, (innerStart, innerEnd) -> count.incrementAndGet()));
    assertThat(count).hasValue(100);
  }

  @Test
  void manyCallersShareTheTeam() throws InterruptedException {
    Parallel.threads(3);
    AtomicInteger count = new AtomicInteger();
    List<Thread> callers = new ArrayList<>();
    for (int c = 0; c < 4; c++) {
      callers.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < 200; i++) {
                  Parallel.range(50, 3, (start, end) -> count.addAndGet(end - start));
                }
              }));
    }
    for (Thread caller : callers) {
      caller.join();
    }
    assertThat(count).hasValue(4 * 200 * 50);
  }

  @Test
  void severalThreadsDoWork() {
    Parallel.threads(2);
    Set<String> names = ConcurrentHashMap.newKeySet();
    // Each of two pieces waits for the other: one thread alone would never return.
    Parallel.range(
        2,
        1,
        (start, end) -> {
          names.add(Thread.currentThread().getName());
          while (names.size() < 2) {
            Thread.onSpinWait();
          }
        });
    assertThat(names).hasSize(2);
  }

  @Test
  void refusesNoThreads() {
    assertThatThrownBy(() -> Parallel.threads(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("threads: at least 1 is needed; got 0");
  }
}

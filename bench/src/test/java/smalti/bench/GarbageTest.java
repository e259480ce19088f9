package smalti.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Holds that a training step that the just-in-time compiler has done with leaves little to the
/// garbage collector. Results of ops are lent by the step before, which is hundreds of megabytes;
/// and a kernel in which vectors became objects shows here too: two of them once made 20 MB a step.
@Tag("slow")
@Isolated("measures all threads")
class GarbageTest {
  private static final Duration WARM_UP = Duration.ofSeconds(20);
  private static final int STEPS = 10;
  private static final long MOST = 10_000_000;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "step.dvae.px32.hid32.b16",
        "step.transformer.96.full.b8",
        "step.transformer.96.sparse.b8"
      })
  void aStepLeavesLittle(String name) {
    try (Task step = new Ours().prepare(new Suite().named(name))) {
      long end = System.nanoTime() + WARM_UP.toNanos();
      while (System.nanoTime() < end) {
        step.run();
      }
      long before = THREADS.getTotalThreadAllocatedBytes();
      for (int i = 0; i < STEPS; i++) {
        step.run();
      }
      long bytes = (THREADS.getTotalThreadAllocatedBytes() - before) / STEPS;
      assertThat(bytes).as("bytes that a step allocates").isLessThan(MOST);
    }
  }
}

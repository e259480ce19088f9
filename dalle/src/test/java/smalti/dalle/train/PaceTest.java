package smalti.dalle.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PaceTest {
  private final Pace pace = new Pace();

  @Test
  void theFirstUpdateCountsUntilThereIsAnother() {
    pace.add(60);
    assertThat(pace.seconds()).isEqualTo(60);
    pace.add(1);
    assertThat(pace.seconds()).isEqualTo(1);
    pace.add(2);
    assertThat(pace.seconds()).isEqualTo(1.5, within(1e-12));
    pace.add(6);
    assertThat(pace.seconds()).isEqualTo(3, within(1e-12));
  }

  @Test
  void followsWhatChanges() {
    for (int i = 0; i < 200; i++) {
      pace.add(1);
    }
    for (int i = 0; i < 20; i++) {
      pace.add(2);
    }
    assertThat(pace.seconds()).isEqualTo(2 - Math.pow(0.95, 20), within(1e-9));
  }
}

package smalti.dalle.train;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import smalti.tensor.Random;

final class PlateauTest {
  @Test
  void aFallingLossKeepsTheStepSize() {
    Plateau plateau = new Plateau(20);
    for (int i = 0; i < 500; i++) {
      assertThat(plateau.add(5 - 0.008 * i)).isFalse();
    }
    assertThat(plateau.factor()).isEqualTo(1);
  }

  @Test
  void aFlatLossHalvesItFiveTimesAndNoMore() {
    Plateau plateau = new Plateau(20);
    Random noise = Random.of(1);
    int halved = 0;
    for (int i = 0; i < 1000; i++) {
      halved += plateau.add(2 + 0.001 * noise.split(i).nextDouble()) ? 1 : 0;
      if (i == 25) {
        assertThat(halved).as("after one patience").isEqualTo(1);
      }
    }
    assertThat(halved).isEqualTo(5);
    assertThat(plateau.factor()).isEqualTo(1.0 / 32);
  }

  @Test
  void noisyUpdatesAreSmoothed() {
    Plateau plateau = new Plateau(40);
    for (int i = 0; i < 400; i++) { // up and down by 1, falling by 0.004 an update
      plateau.add(5 - 0.004 * i + (i % 2 == 0 ? 1 : -1));
    }
    assertThat(plateau.factor()).isEqualTo(1);
  }

  @Test
  void halvesByCommandAndWithoutPatienceNeverByItself() {
    Plateau plateau = new Plateau(0);
    for (int i = 0; i < 100; i++) {
      assertThat(plateau.add(3)).isFalse();
    }
    assertThat(plateau.factor()).isEqualTo(1);
    plateau.halve();
    plateau.halve();
    assertThat(plateau.factor()).isEqualTo(0.25);
    Plateau other = new Plateau(0);
    other.load(plateau.state());
    assertThat(other.factor()).isEqualTo(0.25);
  }

  @Test
  void goesOnFromItsState() {
    Plateau one = new Plateau(10);
    Plateau other = new Plateau(10);
    for (int i = 0; i < 7; i++) {
      one.add(2);
    }
    other.load(one.state());
    for (int i = 0; i < 60; i++) {
      assertThat(other.add(2)).as("update %d", i).isEqualTo(one.add(2));
    }
    assertThat(other.factor()).isEqualTo(one.factor()).isLessThan(1);
  }
}

package smalti.nn.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class ScheduleTest {

  @Test
  void aConstantStays() {
    assertThat(Schedule.constant(3).at(0)).isEqualTo(3);
    assertThat(Schedule.constant(3).at(1_000_000)).isEqualTo(3);
  }

  @Test
  void aLineGoesStraightAndStays() {
    Schedule s = Schedule.linear(2, 1, 10);
    assertThat(s.at(0)).isEqualTo(2);
    assertThat(s.at(3)).isCloseTo(1.7, within(1e-12));
    assertThat(s.at(10)).isEqualTo(1);
    assertThat(s.at(11)).isEqualTo(1);
  }

  /// Ramesh et al. 2021, appendix A.2.
  @Test
  void thePapersCosinesEndWhereItSays() {
    Schedule beta = Schedule.cosine(0, 6.6, 5_000);
    assertThat(beta.at(0)).isEqualTo(0);
    assertThat(beta.at(2_500)).isCloseTo(3.3, within(1e-12));
    assertThat(beta.at(5_000)).isEqualTo(6.6);
    assertThat(beta.at(3_000_000)).isEqualTo(6.6);
    Schedule tau = Schedule.cosine(1, 1.0 / 16, 150_000);
    assertThat(tau.at(0)).isEqualTo(1);
    assertThat(tau.at(150_000)).isEqualTo(0.0625);
    Schedule lr = Schedule.cosine(1e-4, 1.25e-6, 1_200_000);
    assertThat(lr.at(0)).isCloseTo(1e-4, within(1e-18));
    assertThat(lr.at(1_200_000)).isEqualTo(1.25e-6);
    assertThat(lr.at(2_000_000)).isEqualTo(1.25e-6);
    assertThat(lr.at(400_000)).isCloseTo(1.25e-6 + 0.75 * (1e-4 - 1.25e-6), within(1e-15));
  }

  @Test
  void warmupRisesFromAboveZeroAndHandsOver() {
    Schedule s = Schedule.warmup(4, Schedule.linear(8, 0, 8));
    assertThat(s.at(0)).isEqualTo(2);
    assertThat(s.at(3)).isEqualTo(8);
    assertThat(s.at(4)).isEqualTo(8);
    assertThat(s.at(5)).isEqualTo(7);
    assertThat(s.at(12)).isEqualTo(0);
    assertThat(Schedule.warmup(0, Schedule.constant(1)).at(0)).isEqualTo(1);
  }

  @Test
  void aScheduleOfNoStepsIsAtItsEnd() {
    assertThat(Schedule.cosine(1, 5, 0).at(0)).isEqualTo(5);
    assertThat(Schedule.linear(1, 5, 0).at(0)).isEqualTo(5);
  }
}

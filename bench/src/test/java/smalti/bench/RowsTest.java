package smalti.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import smalti.bench.Rotation.Turn;

/// Holds the arithmetic between the times of JMH and what is printed and written.
class RowsTest {
  private static final Notes.Note NOTE = new Notes.Note("blas", 1e-6, "BLAS 3");
  private static final Notes NOTES =
      new Notes(
          List.of(NOTE),
          Map.of(new Turn("blas", 1), List.of(0.9, 1.0)),
          Map.of(new Turn("blas", 2), "on 1, on 2"),
          Map.of(new Turn("ours", 2), List.of(80.0, 340.0, 100.0)),
          Set.of(new Turn("ours", 2)));
  private static final Notes NO_NOTES =
      new Notes(List.of(), Map.of(), Map.of(), Map.of(), Set.of());

  private static List<Row> rows() {
    Map<Turn, double[]> times = new LinkedHashMap<>();
    times.put(new Turn("ours", 1), new double[] {1, 2, 4});
    times.put(new Turn("blas", 1), new double[] {3, 2, 2});
    times.put(new Turn("ours", 2), new double[] {0.5, 0.6, 0.4});
    times.put(new Turn("blas", 2), new double[] {1, 0.9, 2});
    return Medians.rows("sgemm.8x8x8.nn", times, NOTES);
  }

  @Test
  void timesAreMediansAndTheRatioIsTheMedianOfNeighbours() {
    Row one = rows().get(0);
    assertThat(one.threads()).isEqualTo(1);
    assertThat(one.oursMs()).isEqualTo(2);
    assertThat(one.peerMs()).isEqualTo(2);
    assertThat(one.ratio()).as("of 3, 1 and 0.5").isEqualTo(1);
    Row two = rows().get(1);
    assertThat(two.oursMs()).isEqualTo(0.5);
    assertThat(two.peerMs()).isEqualTo(1);
    assertThat(two.ratio()).as("of 2, 1.5 and 5").isEqualTo(2);
    assertThat(two.difference()).isEqualTo(1e-6);
    assertThat(two.settings()).isEqualTo("BLAS 3");
    assertThat(one.variant()).isEmpty();
    assertThat(two.variant()).isEqualTo("on 1, on 2");
    assertThat(one.settled()).isTrue();
    assertThat(two.settled()).as("ours was not").isFalse();
    assertThat(two.handoverNs()).as("median of 80, 340 and 100").isEqualTo(100);
    assertThat(one.handoverNs()).as("on one thread").isNaN();
  }

  @Test
  void wholeStepsHaveARowBesideOursOnOneThread() {
    Map<Turn, double[]> times = new LinkedHashMap<>();
    times.put(new Turn("ours", 1), new double[] {1, 2, 4});
    times.put(new Turn("blas", 1), new double[] {3, 2, 2});
    times.put(new Turn("ours", 2), new double[] {0.5, 1.25, 4});
    times.put(new Turn("blas", 2), new double[] {1, 0.9, 2});
    List<Row> rows = Medians.rows("step.dvae.px8", times, NOTES);
    assertThat(rows).extracting(Row::peer).containsExactly("blas", "blas", "ours-one");
    Row row = rows.get(2);
    assertThat(row.threads()).isEqualTo(2);
    assertThat(row.oursMs()).isEqualTo(1.25);
    assertThat(row.peerMs()).isEqualTo(2);
    assertThat(row.ratio()).as("of 2, 1.6 and 1").isEqualTo(1.6);
    assertThat(row.settled()).as("on two threads it was not").isFalse();
    times.keySet().removeIf(turn -> turn.implementation().equals("blas"));
    assertThat(Medians.rows("step.dvae.px8", times, NO_NOTES))
        .extracting(Row::peer)
        .containsExactly(null, null, "ours-one");
    assertThat(Medians.rows("conv.1x1", times, NO_NOTES)).hasSize(2);
  }

  @Test
  void oursAloneIsARowToo() {
    List<Row> alone =
        Medians.rows("gelu.1x1", Map.of(new Turn("ours", 1), new double[] {7}), NO_NOTES);
    assertThat(alone).hasSize(1);
    assertThat(alone.get(0).peer()).isNull();
    assertThat(alone.get(0).ratio()).isNaN();
  }

  @Test
  void notesAreReadAsTheyWereWritten(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("notes");
    String before = System.setProperty(Notes.PROPERTY, file.toString());
    try {
      Notes.difference("blas", 1e-6, "BLAS\n3");
      Notes.cores(new Turn("blas", 1), 0.9);
      Notes.cores(new Turn("blas", 1), 1.0);
      Notes.variant(new Turn("blas", 1), Task.PLAIN);
      Notes.variant(new Turn("blas", 2), "on 1");
      Notes.variant(new Turn("blas", 2), "on 2");
      Notes.variant(new Turn("blas", 2), "on 1");
      Notes.handover(new Turn("ours", 2), 80);
      Notes.handover(new Turn("ours", 2), 340);
      Notes.handover(new Turn("ours", 2), 100);
      Notes.unsettled(new Turn("ours", 2));
    } finally {
      if (before == null) {
        System.clearProperty(Notes.PROPERTY);
      } else {
        System.setProperty(Notes.PROPERTY, before);
      }
    }
    assertThat(Notes.read(file)).isEqualTo(NOTES);
    assertThat(NOTES.coresOf(new Turn("blas", 1))).isEqualTo(0.95);
    assertThat(NOTES.coresOf(new Turn("blas", 2))).isNaN();
  }

  @Test
  void busyCoresAreCounted() {
    Cores cores = new Cores();
    cores.start();
    long end = System.nanoTime() + 200_000_000;
    double x = 1;
    while (System.nanoTime() < end) {
      x = Math.sin(x);
    }
    cores.stop();
    assertThat(x).isBetween(-1.0, 1.0);
    assertThat(cores.mean()).as("of a thread that computes").isGreaterThan(0.1);
    Cores.rest();
  }

  @Test
  void aLineGoesToAnotherThreadAndBack() {
    assertThat(Handover.nanos()).isBetween(1.0, 1e7);
  }

  @Test
  void medianAndGeometricMean() {
    assertThat(Medians.median(5, 1, 3)).isEqualTo(3);
    assertThat(Medians.median(5, 1, 3, 4)).isEqualTo(3.5);
    assertThatThrownBy(Medians::median).isInstanceOf(IllegalArgumentException.class);
    assertThat(Medians.geometricMean(0.5, 2, 8)).isEqualTo(2, within(1e-12));
  }

  @Test
  void jsonIsAListOfRows(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("rows.json");
    RowsJson.write(rows(), file);
    JsonNode list = new ObjectMapper().readTree(file.toFile());
    assertThat(list).hasSize(2);
    assertThat(list.get(1).toString())
        .isEqualTo(
            "{\"name\":\"sgemm.8x8x8.nn\",\"threads\":2,\"ours_ms\":0.5,\"peer\":\"blas\","
                + "\"peer_ms\":1.0,\"ratio\":2.0,\"ours_cores\":null,\"peer_cores\":null,"
                + "\"peer_variant\":\"on 1, on 2\",\"settled\":false,\"handover_ns\":100.0}");
  }

  @Test
  void jsonHasNullWhereThereWasNoPeer() {
    List<Row> alone =
        Medians.rows("gelu.1x1", Map.of(new Turn("ours", 1), new double[] {7}), NO_NOTES);
    assertThat(RowsJson.json(alone).get(0).toString())
        .isEqualTo(
            "{\"name\":\"gelu.1x1\",\"threads\":1,\"ours_ms\":7.0,\"peer\":null,"
                + "\"peer_ms\":null,\"ratio\":null,\"ours_cores\":null,\"peer_cores\":null}");
  }

  @Test
  void jsonHasTheMemoryOfSteps() {
    Row row = rows().get(0).with(new Row.Memory(100, 200));
    assertThat(RowsJson.json(List.of(row)).get(0).get("ours_peak_mb").asDouble()).isEqualTo(100);
    assertThat(RowsJson.json(List.of(row)).get(0).get("peer_peak_mb").asDouble()).isEqualTo(200);
  }

  @Test
  void jsonHasTheRoofWhereItIsKnown() {
    Row row = rows().get(0);
    assertThat(RowsJson.json(List.of(row.beneath(0.5))).get(0).get("roof_ms").asDouble())
        .isEqualTo(0.5);
    assertThat(RowsJson.json(List.of(row.beneath(0))).get(0).has("roof_ms")).isFalse();
  }

  @Test
  void theSummaryHasSharesOfTheRoof() {
    List<Row> rows = rows().stream().map(row -> row.beneath(0.25)).toList();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Summary.print(rows, new PrintStream(bytes, true, StandardCharsets.UTF_8));
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .as("0.25 ms of 2, of 0.5 and, the peer's, of 1")
        .containsPattern("sgemm +ours +threads 1 +0.13 +0.13 +0.13")
        .containsPattern("sgemm +ours +threads 2 +0.50 +0.50 +0.50")
        .containsPattern("sgemm +blas +threads 2 +0.25 +0.25 +0.25");
  }

  @Test
  void aLineOfTheTableHasUnitsThatFitTheWork() {
    Work product = new Work.Sgemm(1000, 1000, 1000, false, false);
    assertThat(Table.line(rows().get(0), product).split(" {2,}"))
        .containsExactly(
            "sgemm.8x8x8.nn", "1", "2.00 1000.0 GF", "blas", "2.00 1000.0 GF", "1.00", "1e-06");
    Work rows = new Work.Rows(Work.Rows.Kind.GELU, 1000, 1000);
    assertThat(Table.line(rows().get(0), rows)).contains("10.0 GB").doesNotContain("GF");
    assertThat(Table.head().length())
        .isGreaterThanOrEqualTo(Table.line(rows().get(0), rows).length());
  }

  @Test
  void theSummaryHasMeansAndSettings() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Summary.print(rows(), new PrintStream(bytes, true, StandardCharsets.UTF_8));
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .containsPattern("sgemm +blas +threads 1 +1.00 +least +1.00 +of 1")
        .containsPattern("blas +threads 1 +0.95 +0.95")
        .contains("core and back: median 100 ns, least 100, most 100")
        .contains("blas threads 2, on 1, on 2: sgemm.8x8x8.nn")
        .contains("timed before the compiler was done: sgemm.8x8x8.nn threads 2")
        .contains("blas: BLAS 3");
    assertThat(Summary.kind("step.dvae.px32.hid32.b16")).isEqualTo("step.dvae");
    assertThat(Summary.kind("conv.3x3.c8-32.px32")).isEqualTo("conv");
  }

  @Test
  void peakMemoryIsReadFromTheStatus() {
    assertThat(MemoryProbe.peak("VmPeak:\t 99 kB\nVmHWM:\t  2000 kB\nVmRSS:\t 5 kB\n"))
        .isEqualTo(2.048, within(1e-9));
  }
}

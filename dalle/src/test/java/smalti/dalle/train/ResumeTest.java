package smalti.dalle.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import smalti.dalle.data.ShapesData;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.vae.DiscreteVae;
import smalti.tensor.Tensor;
import smalti.tensor.io.SafeTensors;

/// Trains 2k updates at one go, and k, a stop, a new process's objects, and k more: both must leave
/// the same bits.
class ResumeTest {
  private static final int HALF = 4;
  private static final RunConfig CONFIG = TinyRun.config(ShapesData.NAME, 2 * HALF, 2 * HALF);
  private static PictureSet pictures;

  @TempDir private Path temporary;

  @BeforeAll
  static void read() throws IOException {
    pictures = TinyRun.pictures(CONFIG);
  }

  @Test
  void aResumedVaeIsTheSameBits() throws IOException {
    RunFolder whole = folder("whole");
    VaeTrainer<DiscreteVae> once = TinyRun.vaeTrainer(CONFIG, pictures);
    TinyRun.loop(whole).run(once, new History());
    once.finish();

    RunFolder parts = folder("parts");
    assertThat(stopping(parts).run(TinyRun.vaeTrainer(CONFIG, pictures), new History())).isFalse();
    VaeTrainer<DiscreteVae> again = TinyRun.vaeTrainer(CONFIG, pictures);
    again.resume(parts);
    assertThat(again.done()).isEqualTo(HALF);
    TinyRun.loop(parts).run(again, History.read(parts.history("vae"), again.done()));
    again.finish();

    assertSame(whole, parts, "vae");
    assertEqual(once.model().state(), again.model().state());
  }

  @Test
  void aResumedTransformerIsTheSameBits() throws IOException {
    VaeTrainer<DiscreteVae> vae = TinyRun.vaeTrainer(CONFIG, pictures);
    TokenSet tokens = new TokenSet(pictures, vae.model());
    BpeTokenizer tokenizer = TinyRun.tokenizer(CONFIG, pictures);
    RunFolder whole = folder("whole");
    TinyRun.loop(whole).run(TinyRun.dalleTrainer(CONFIG, tokens, tokenizer), new History());

    RunFolder parts = folder("parts");
    stopping(parts).run(TinyRun.dalleTrainer(CONFIG, tokens, tokenizer), new History());
    DalleTrainer again = TinyRun.dalleTrainer(CONFIG, tokens, tokenizer);
    again.resume(parts);
    assertThat(again.done()).isEqualTo(HALF);
    TinyRun.loop(parts).run(again, History.read(parts.history("dalle"), again.done()));

    assertSame(whole, parts, "dalle");
  }

  @Test
  void resumingWithALongerTableLeavesItsLastRowsOut() throws IOException {
    RunFolder folder = folder("run");
    stopping(folder).run(TinyRun.vaeTrainer(CONFIG, pictures), new History());
    // as if the process had been killed after the table was written, and before the state was
    String table = Files.readString(folder.history("vae"));
    int columns = table.lines().findFirst().orElseThrow().split(",").length;
    Files.writeString(folder.history("vae"), table + "5" + ",0".repeat(columns - 1) + "\n");
    assertThat(History.read(folder.history("vae"), HALF).size()).isEqualTo(HALF);
  }

  @Test
  void aDivergedTrainingKeepsItsParametersAndItsLastSave() throws IOException {
    RunFolder folder = folder("run");
    stopping(folder).run(TinyRun.vaeTrainer(CONFIG, pictures), new History());
    byte[] saved = Files.readAllBytes(folder.file("vae-training.safetensors"));
    RunConfig wild = TinyRun.with(CONFIG, "vaeRecipe", "lr", 1e30);
    VaeTrainer<DiscreteVae> trainer = TinyRun.vaeTrainer(wild, pictures);
    trainer.resume(folder);
    assertThatThrownBy(() -> TinyRun.loop(folder).run(trainer, new History()))
        .isInstanceOf(DivergedException.class)
        .hasMessageMatching(
            "vae: the (loss|gradient's norm) became (NaN|-?Infinity) at step \\d+;.*")
        .hasMessageContaining("--resume");
    assertThat(Files.readAllBytes(folder.file("vae-training.safetensors"))).isEqualTo(saved);
  }

  private RunFolder folder(String name) throws IOException {
    return RunFolder.create(temporary.resolve(name));
  }

  /// Returns a loop that is asked to stop after half of the updates.
  private static TrainingLoop stopping(RunFolder folder) {
    AtomicInteger done = new AtomicInteger();
    return new TrainingLoop(
        folder, Duration.ofDays(1), () -> done.incrementAndGet() == HALF, _ -> {});
  }

  private static void assertSame(RunFolder one, RunFolder other, String stage) throws IOException {
    String state = stage + "-training.safetensors";
    assertThat(SafeTensors.read(other.file(state)).metadata())
        .isEqualTo(SafeTensors.read(one.file(state)).metadata());
    assertEqual(
        SafeTensors.read(one.file(state)).tensors(), SafeTensors.read(other.file(state)).tensors());
    assertThat(other.file(state)).hasSameBinaryContentAs(one.file(state));
    assertThat(other.history(stage)).hasSameTextualContentAs(one.history(stage));
    assertThat(History.read(one.history(stage), Long.MAX_VALUE).size()).isEqualTo(2 * HALF);
  }

  private static void assertEqual(Map<String, Tensor> expected, Map<String, Tensor> actual) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach((name, t) ->
        assertThat(actual.get(name).toFloats()).as(name).containsExactly(t.toFloats()));
  }
}

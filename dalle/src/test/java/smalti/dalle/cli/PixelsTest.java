package smalti.dalle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import smalti.dalle.data.CaptionedData;
import smalti.dalle.data.Picture;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.tokens.PaletteConfig;
import smalti.dalle.train.DalleTrainer;
import smalti.dalle.train.History;
import smalti.dalle.train.Presets;
import smalti.dalle.train.RunConfig;
import smalti.dalle.train.RunFolder;
import smalti.dalle.train.TinyRun;
import smalti.dalle.train.TokenSet;
import smalti.dalle.train.TrainingLoop;
import smalti.tensor.Tensor;
import smalti.tensor.io.SafeTensors;

/// Trains on the colours of pixels, with no dVAE (`--tokens pixels`), and does with such a run what
/// is done with any other.
class PixelsTest {
  private static final PaletteConfig PALETTE = new PaletteConfig(6, 24);
  private static final int STEPS = 6;

  @TempDir private static Path root;
  private static Path data;
  private static RunConfig config;
  private static Path whole;

  @BeforeAll
  static void train() throws IOException {
    data = Files.createDirectory(root.resolve("data"));
    for (int i = 0; i < 8; i++) {
      Picture.filled(20, 20, 0x1f3f7f * (i + 1) & 0xffffff).writePng(data.resolve(i + ".png"));
      Files.writeString(data.resolve(i + ".txt"), "colour number " + i + "\n");
    }
    config = Presets.pixels(TinyRun.config(data.toString(), 1, STEPS), PALETTE);
    whole = TinyRun.begun(root.resolve("whole"), config).path();
    Cli.Outcome outcome = Cli.run("train", "dalle", "--tokens", "pixels", "--out", whole);
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.code()).isZero();
  }

  @Test
  void aRunIsAsItIsWithADvae() {
    assertThat(whole.resolve("palette.safetensors")).exists();
    assertThat(whole.resolve("tokens.safetensors")).exists();
    assertThat(whole.resolve("dalle.safetensors")).exists();
    assertThat(whole.resolve("vae.safetensors")).doesNotExist();
    assertThat(whole.resolve("samples.png")).exists();
    assertThat(whole.resolve("reconstructions.png"))
        .hasSameBinaryContentAs(whole.resolve("pictures/palette.png"));
    assertThat(Cli.run("train", "dalle", "--out", whole).out()).contains("dalle is complete");
  }

  @Test
  void aStoppedTrainingGoesOnToTheSameBits() throws IOException {
    RunFolder parts = TinyRun.begun(root.resolve("parts"), config);
    CaptionedData pictures = CaptionedData.open(config.data(), PALETTE.imageSize());
    Progress silent = new Progress(new PrintStream(OutputStream.nullOutputStream()));
    TrainingSession session = new TrainingSession(parts, config, pictures, silent, "");
    BpeTokenizer tokenizer = session.tokenizer();
    TokenSet tokens = new TokenSet(session.pictures(), session.imageTokens());
    DalleTrainer trainer =
        session.dalleTrainer(session.newTransformer(tokenizer), tokens, tokenizer);
    AtomicInteger done = new AtomicInteger();
    boolean finished =
        new TrainingLoop(
                parts, Duration.ofDays(1), () -> done.incrementAndGet() == STEPS / 2, _ -> {})
            .run(trainer, new History());
    assertThat(finished).isFalse();
    assertThat(Cli.run("train", "dalle", "--out", parts.path(), "--resume").out())
        .contains("dalle resumes at step " + STEPS / 2);
    for (String file : new String[] {"palette", "tokens", "dalle", "dalle-training"}) {
      assertThat(parts.file(file + ".safetensors"))
          .hasSameBinaryContentAs(whole.resolve(file + ".safetensors"));
    }
    assertThat(parts.history("dalle")).hasSameTextualContentAs(whole.resolve("dalle-history.csv"));
  }

  @Test
  void picturesHaveTheColoursOfThePalette() throws IOException {
    Path out = root.resolve("made");
    Cli.Outcome outcome = Cli.run("generate", "--run", whole, "-n", 3, "--out", out, "number 3");
    assertThat(outcome.err()).isEmpty();
    Set<Integer> palette = colours();
    for (int i = 0; i < 3; i++) {
      Picture made = Picture.read(out.resolve("number-3-s1-00%d.png".formatted(i)));
      assertThat(made.width()).isEqualTo(PALETTE.imageSize());
      for (int p = 0; p < 36; p++) {
        assertThat(palette).contains(made.toImage().getRGB(p % 6, p / 6) & 0xffffff);
      }
    }
  }

  private static Set<Integer> colours() throws IOException {
    Tensor colours = SafeTensors.read(whole.resolve("palette.safetensors"), "palette");
    float[] rgb = colours.toFloats();
    Set<Integer> all = new HashSet<>();
    for (int i = 0; i < rgb.length; i += 3) {
      all.add(
          Math.round(255 * rgb[i]) << 16
              | Math.round(255 * rgb[i + 1]) << 8
              | Math.round(255 * rgb[i + 2]));
    }
    return all;
  }

  @Test
  void reconstructSendsPicturesThroughThePalette() throws IOException {
    Path sheet = root.resolve("again.png");
    Cli.Outcome outcome =
        Cli.run("reconstruct", "--run", whole, "--out", sheet, data.resolve("1.png"));
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.out()).first().asString().startsWith("1.png  100.0 dB"); // a colour it has
    assertThat(sheet).exists();
  }

  @Test
  void tokensOfAnotherPaletteAreRefused() throws IOException {
    RunFolder folder = TinyRun.begun(root.resolve("other"), config);
    for (String file : new String[] {"tokens.safetensors", "tokenizer.json"}) {
      Files.copy(whole.resolve(file), folder.file(file));
    }
    Map<String, Tensor> other = Map.of("palette", Tensor.of(new float[3 * 24], 24, 3));
    new SafeTensors(other, Map.of()).write(folder.file("palette.safetensors"));
    Cli.Outcome outcome = Cli.run("train", "dalle", "--out", folder.path());
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .singleElement()
        .asString()
        .contains("these tokens were made with another palette");
  }

  @Test
  void aNewRunTakesTheSizeAsked() throws IOException {
    RunConfig preset = Presets.pixels(Presets.shapes(), PaletteConfig.standard());
    assertThat(preset.grid().tokens()).isEqualTo(256);
    assertThat(preset.grid().vocabulary()).isEqualTo(512);
    assertThat(preset.hasStage1()).isFalse();
    assertThat(Presets.shapes().hasStage1()).isTrue();
  }

  @Test
  void aDemoHasItsNumbersAndItsPage() throws IOException {
    RunFolder folder = TinyRun.begun(root.resolve("demo"), config);
    Cli.Outcome outcome = Cli.run("demo", "--tokens", "pixels", "--resume", "--out", folder.path());
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.code()).isZero();
    JsonNode metrics = new ObjectMapper().readTree(folder.file("metrics.json").toFile());
    assertThat(metrics.get("palette.used_fraction").doubleValue()).isBetween(1.0 / 25, 8.0 / 23);
    assertThat(metrics.get("palette.perplexity").doubleValue()).isBetween(1.0, 8.1);
    assertThat(metrics.get("dalle.image_bits_per_token_train").doubleValue()).isPositive();
    assertThat(metrics.fieldNames())
        .toIterable()
        .noneMatch(name -> name.startsWith("vae."))
        .contains("dalle.steps", "seconds.total");
    assertThat(Files.readString(folder.file("index.html")))
        .contains("through the palette", "36 tokens of 24 kinds")
        .doesNotContain("dVAE", "the codebook");
  }
}

package smalti.dalle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import smalti.dalle.data.Picture;
import smalti.dalle.data.ShapesData;
import smalti.dalle.train.RunConfig;
import smalti.dalle.train.RunFolder;
import smalti.dalle.train.TinyRun;
import smalti.dalle.vae.DiscreteVae;
import smalti.tensor.Tensor;
import smalti.tensor.io.SafeTensors;

/// Runs what should work: help, single stages, pictures from texts, reconstructions.
class CommandsTest {
  @TempDir private static Path root;
  private static Path run;

  @BeforeAll
  static void train() throws IOException {
    RunConfig greedy = TinyRun.with(TinyRun.config("shapes", 3, 3), "sampling", "temperature", 0);
    run = TinyRun.finished(root.resolve("run"), greedy).path();
  }

  @ParameterizedTest
  @CsvSource({
    "demo, --data --tokens --size --minutes --out --seed --vae-steps --dalle-steps --resume",
    "demo, --threads --device",
    "train, --data --tokens --size --out --steps --seed --resume --threads --device",
    "generate, --run -n --out --seed --temperature --top-k --top-p --guidance --threads --device",
    "reconstruct, --run --weights --model --size --out --threads",
    "evaluate, --run --threads",
    "inspect, FILE --preset --json",
    "convert, IN OUT",
    "bench, NAME --quick --growth --threads --peers --json --isa --device",
    "devices, --device"
  })
  void helpNamesEveryOptionAndGivesAnExample(String command, String options) {
    Cli.Outcome outcome = Cli.run(command, "--help");
    assertThat(outcome.code()).isZero();
    assertThat(outcome.err()).isEmpty();
    String help = String.join("\n", outcome.out());
    assertThat(help).contains(options.split(" ")).contains("smalti " + command, "Example");
    assertThat(outcome.out()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100));
    assertThat(Cli.run("help", command).out()).isEqualTo(outcome.out());
  }

  @Test
  void withoutACommandTheUsageIsShown() {
    Cli.Outcome outcome = Cli.run();
    assertThat(outcome.code()).isZero();
    assertThat(String.join("\n", outcome.out()))
        .contains("demo", "train", "generate", "reconstruct", "130");
    assertThat(Cli.run("--version").out()).singleElement().asString().startsWith("smalti ");
  }

  @Test
  void generateWritesPicturesAndASheetAndTheSameOnesAgain() throws IOException {
    Path out = root.resolve("new/pictures");
    Object[] command = {"generate", "--run", run, "--out", out, "-n", 5, "A small, red circle!"};
    Cli.Outcome outcome = Cli.run(command);
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.code()).isZero();
    assertThat(names(out))
        .containsExactly(
            "a-small-red-circle-s1-000.png",
            "a-small-red-circle-s1-001.png",
            "a-small-red-circle-s1-002.png",
            "a-small-red-circle-s1-003.png",
            "a-small-red-circle-s1-004.png",
            "a-small-red-circle-s1.png");
    Picture first = Picture.read(out.resolve("a-small-red-circle-s1-000.png"));
    assertThat(first.width()).isEqualTo(16);
    assertThat(Picture.read(out.resolve("a-small-red-circle-s1.png")).width())
        .isGreaterThan(3 * 64); // 3 columns
    assertThat(outcome.out()).anyMatch(line -> line.startsWith("note  the run is greedy"));
    assertThat(outcome.out()).last().asString().contains(out.toString());
    List<byte[]> before = bytes(out);
    Cli.run(command);
    assertThat(bytes(out)).containsExactlyElementsOf(before);
    assertThat(before.subList(0, 5).stream().map(java.util.Arrays::hashCode).distinct().count())
        .isGreaterThan(1); // they differ among themselves
  }

  @Test
  void guidanceOfARunThatIsNotMadeForItIsNoted() throws IOException {
    Path out = root.resolve("guided");
    Cli.Outcome plain = Cli.run("generate", "--run", run, "-n", 1, "--out", out, "a red ring");
    assertThat(plain.out()).noneMatch(line -> line.contains("empty caption"));
    Cli.Outcome guided =
        Cli.run("generate", "--run", run, "-n", 1, "--out", out, "--guidance", 2, "a red ring");
    assertThat(guided.code()).isZero();
    assertThat(guided.out()).anyMatch(line -> line.contains("never saw an empty caption"));
  }

  @Test
  void generateNotesUnknownCharacters() {
    Cli.Outcome outcome = Cli.run("generate", "--run", run, "-n", 1, "circle 猫");
    assertThat(outcome.code()).isZero();
    assertThat(outcome.out()).contains("note  never seen in training: 猫");
    assertThat(names(run.resolve("generated"))).contains("circle-s1-000.png", "circle-s1.png");
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void filesHaveTheOrdinaryPermissions() throws IOException {
    Path plain = Files.createFile(root.resolve("plain"));
    Cli.run("generate", "--run", run, "-n", 1, "--out", run.resolve("more"), "a red ring");
    try (Stream<Path> files = Files.walk(run)) {
      assertThat(files.filter(Files::isRegularFile).toList())
          .anyMatch(file -> file.endsWith("a-red-ring-s1.png"))
          .anyMatch(file -> file.endsWith("tokenizer.json"))
          .allSatisfy(file ->
              assertThat(Files.getPosixFilePermissions(file))
                  .isEqualTo(Files.getPosixFilePermissions(plain)));
    }
  }

  @Test
  void fileNamesAreMadeOfTexts() {
    assertThat(GenerateCommand.stem("  A red, RED circle! ")).isEqualTo("a-red-red-circle");
    assertThat(GenerateCommand.stem("猫")).isEqualTo("picture");
    assertThat(GenerateCommand.stem("x/../..\\y")).isEqualTo("x-y");
    assertThat(GenerateCommand.stem("long ".repeat(99))).hasSizeLessThanOrEqualTo(60);
  }

  @Test
  void reconstructShowsPicturesBesideTheirTokens() throws IOException {
    Path image = root.resolve("wide.png");
    Picture.filled(50, 30, 0xff8800).writePng(image);
    Path sheet = root.resolve("sheets/again.png");
    Cli.Outcome outcome = Cli.run("reconstruct", "--run", run, "--out", sheet, image, image);
    assertThat(outcome.code()).isZero();
    assertThat(outcome.out()).hasSize(3).first().asString().matches("wide\\.png  -?\\d+\\.\\d dB");
    assertThat(Picture.read(sheet).width()).isGreaterThan(2 * 64);
  }

  @Test
  void evaluateJudgesWhatIsTrained() throws IOException {
    Cli.Outcome outcome = Cli.run("evaluate", "--run", run);
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.code()).isZero();
    JsonNode both = new ObjectMapper().readTree(run.resolve("metrics.json").toFile());
    assertThat(both.path("dalle.image_bits_per_token_heldout").asDouble()).isBetween(0.1, 20.0);
    assertThat(both.path("shapes.exact_match_seen").isNumber()).isTrue();

    Path half = root.resolve("half");
    Files.createDirectories(half);
    for (String file : List.of("config.json", "vae.safetensors", "vae-history.csv")) {
      Files.copy(run.resolve(file), half.resolve(file));
    }
    assertThat(Cli.run("evaluate", "--run", half).code()).isZero();
    JsonNode one = new ObjectMapper().readTree(half.resolve("metrics.json").toFile());
    assertThat(one.path("vae.elbo_nats")).isEqualTo(both.path("vae.elbo_nats"));
    assertThat(one.path("vae.heldout_psnr_db").isNumber()).isTrue();
    assertThat(one.has("dalle.steps")).isFalse();
    assertThat(Files.readString(half.resolve("index.html")))
        .contains("vae-curves.png", "codebook.png")
        .doesNotContain("samples.png", "dalle-curves.png");

    Files.delete(half.resolve("vae.safetensors"));
    Cli.Outcome nothing = Cli.run("evaluate", "--run", half);
    assertThat(nothing.code()).isEqualTo(2);
    assertThat(nothing.err()).singleElement().asString().contains("no finished vae");
  }

  @Test
  void aPublishedModelNeedsNoRun() throws IOException {
    Path image = root.resolve("tall.png");
    Picture.filled(30, 60, 0x228844).writePng(image);
    Path weights = run.resolve("vae.safetensors");
    Path sheet = root.resolve("published.png");
    Cli.Outcome outcome =
        Cli.run("reconstruct", "--weights", weights, "--size", 24, "--out", sheet, image);
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.out()).hasSize(2).first().asString().startsWith("tall.png  ");
    assertThat(sheet).exists();
  }

  @Test
  void inspectListsTensorsAndConvertKeepsThem() throws IOException {
    Path file = run.resolve("vae.safetensors");
    Cli.Outcome outcome = Cli.run("inspect", file);
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.out())
        .anyMatch(line -> line.matches("encoder\\.blocks\\.input\\.b +F32 +\\[8] +8"));
    DiscreteVae vae = RunFolder.open(run).vae();
    int tensors = vae.parameters().size();
    long count = vae.parameterCount();
    assertThat(outcome.out())
        .last()
        .asString()
        .endsWith("(safetensors): %d tensors, %,d numbers".formatted(tensors, count));
    assertThat(outcome.out()).hasSize(tensors + 1);
    JsonNode json =
        new ObjectMapper().readTree(String.join("\n", Cli.run("inspect", "--json", file).out()));
    assertThat(json.get("elements").asLong()).isEqualTo(count);
    assertThat(json.get("parts").get(0).get("entries")).hasSize(tensors);
    assertThat(json.get("parts").get(0).get("entries").get(0).get("dtype").asText())
        .isEqualTo("F32");

    Path converted = root.resolve("converted.safetensors");
    Cli.Outcome wrote = Cli.run("convert", file, converted);
    assertThat(wrote.out())
        .singleElement()
        .asString()
        .startsWith("wrote " + converted + ": " + tensors);
    Map<String, Tensor> before = SafeTensors.read(file).tensors();
    Map<String, Tensor> after = SafeTensors.read(converted).tensors();
    assertThat(after.keySet()).isEqualTo(before.keySet());
    after.forEach((name, t) -> assertThat(t.toFloats()).isEqualTo(before.get(name).toFloats()));
  }

  @Test
  void inspectKnowsThePublishedModel() {
    Cli.Outcome outcome = Cli.run("inspect", "--preset", "openai");
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.out())
        .hasSize(74 + 76 + 3)
        .contains(
            "encoder: 74 tensors, 53,786,240 numbers",
            "decoder: 76 tensors, 43,829,766 numbers",
            "openai (model): 150 tensors, 97,616,006 numbers");
  }

  @Test
  void relativesAreTrainedBesideTheDvaeAndUsed() throws IOException {
    Path out = TinyRun.begun(root.resolve("relatives"), TinyRun.config("shapes", 3, 3)).path();
    Path image = root.resolve("square.png");
    Picture.filled(32, 32, 0x2244ff).writePng(image);
    for (String kind : List.of("ae", "gaussian", "vq")) {
      Cli.Outcome outcome = Cli.run("train", kind, "--out", out);
      assertThat(outcome.err()).isEmpty();
      assertThat(outcome.code()).isZero();
      assertThat(names(out))
          .contains(kind + ".safetensors", kind + "-history.csv", kind + "-reconstructions.png");
      assertThat(Cli.run("train", kind, "--out", out).out())
          .anyMatch(line -> line.endsWith("is complete"));
      Cli.Outcome used = Cli.run("reconstruct", "--run", out, "--model", kind, image);
      assertThat(used.err()).isEmpty();
      assertThat(used.code()).isZero();
    }
    assertThat(names(out)).contains("gaussian-grid.png").doesNotContain("vae.safetensors");

    assertThat(Cli.run("evaluate", "--run", out).code()).isZero();
    JsonNode judged = new ObjectMapper().readTree(out.resolve("metrics.json").toFile());
    for (String kind : List.of("ae", "gaussian", "vq")) {
      assertThat(judged.path(kind + ".heldout_psnr_db").asDouble()).isBetween(1.0, 30.0);
      assertThat(judged.has(kind + ".elbo_nats")).isEqualTo(!kind.equals("ae"));
    }
    assertThat(judged.path("vq.codebook_used_fraction").asDouble()).isBetween(0.0, 1.0);
    assertThat(judged.has("vae.heldout_psnr_db")).isFalse();
    assertThat(Files.readString(out.resolve("index.html")))
        .contains("relatives.png", "gaussian-grid.png")
        .doesNotContain("codebook.png");
  }

  @Test
  void aSmallFolderIsEnough() throws IOException {
    Path data = Files.createDirectory(root.resolve("data"));
    for (String name : List.of("one", "two")) {
      Picture.filled(20, 20, name.hashCode() & 0xffffff).writePng(data.resolve(name + ".png"));
      Files.writeString(data.resolve(name + ".txt"), "number " + name + "\nthe " + name + "\n");
    }
    Files.writeString(data.resolve("broken.png"), "no image");
    Files.writeString(data.resolve("broken.txt"), "a caption");
    Path out = root.resolve("own");
    TinyRun.begun(out, TinyRun.config(data.toString(), 2, 2));
    Cli.Outcome vae = Cli.run("train", "vae", "--data", data, "--out", out);
    assertThat(vae.err()).isEmpty();
    assertThat(vae.out()).anyMatch(line -> line.contains("1 broken image (broken.png)"));
    assertThat(Cli.run("train", "vae", "--out", out).out()).contains("vae   is complete");
    Cli.Outcome dalle = Cli.run("train", "dalle", "--out", out);
    assertThat(dalle.err()).isEmpty();
    assertThat(names(out))
        .contains("vae.safetensors", "dalle.safetensors", "tokenizer.json", "samples.png")
        .noneMatch(name -> name.endsWith(".tmp") || name.endsWith(".part"));
    assertThat(RunFolder.open(out).transformer().parameterCount()).isPositive();
  }

  @Test
  void aNewRunNotesThePathOfItsFolderWhole() {
    Path here = Path.of("").toAbsolutePath();
    assertThat(Opening.name("some/../pictures")).isEqualTo(here.resolve("pictures").toString());
    assertThat(Opening.name(ShapesData.NAME)).isEqualTo("shapes");
  }

  private static List<String> names(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static List<byte[]> bytes(Path folder) {
    List<String> names = names(folder);
    return IntStream.range(0, names.size())
        .mapToObj(i -> {
          try {
            return Files.readAllBytes(folder.resolve(names.get(i)));
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        })
        .toList();
  }
}

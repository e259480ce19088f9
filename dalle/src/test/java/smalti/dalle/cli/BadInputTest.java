package smalti.dalle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import smalti.dalle.data.Picture;
import smalti.dalle.tokens.PaletteConfig;
import smalti.dalle.train.Presets;
import smalti.dalle.train.RunConfig;
import smalti.dalle.train.RunFolder;
import smalti.dalle.train.TinyRun;
import smalti.tensor.Tensor;
import smalti.tensor.io.SafeTensors;

/// Holds the table of bad input: whatever a user gets wrong, there is one clear line, exit code 2,
/// and no stack trace.
class BadInputTest {
  /// Every path in the table is in here: `RUN` is a finished run, the rest is made by [#prepare].
  @TempDir private static Path root;

  @BeforeAll
  static void prepare() throws IOException {
    RunConfig config = TinyRun.config("shapes", 3, 3);
    TinyRun.finished(root.resolve("RUN"), config);
    Files.createDirectory(root.resolve("EMPTY"));
    Files.writeString(root.resolve("FILE"), "this is no image\n");
    Picture picture = Picture.filled(40, 40, 0x336699);
    picture.writePng(root.resolve("GOOD.png"));
    byte[] png = Files.readAllBytes(root.resolve("GOOD.png"));
    Files.write(root.resolve("CUT.png"), Arrays.copyOf(png, png.length / 2));
    Files.createDirectory(root.resolve("BROKEN"));
    Files.write(root.resolve("BROKEN/a.png"), Arrays.copyOf(png, png.length / 2));
    Files.writeString(root.resolve("BROKEN/a.txt"), "a blue square\n");
    Files.writeString(root.resolve("BROKEN/b.txt"), "nothing\n");
    TinyRun.begun(root.resolve("BEGUN"), config);
    RunConfig pixels = Presets.pixels(config, PaletteConfig.standard());
    RunFolder begun = TinyRun.begun(root.resolve("PIXELS"), pixels);
    Files.copy(root.resolve("RUN/tokenizer.json"), begun.file("tokenizer.json"));
    new SafeTensors(Map.of("palette", Tensor.of(new float[6], 2, 3)), Map.of())
        .write(begun.file("palette.safetensors"));
    TinyRun.begun(root.resolve("WILD"), TinyRun.with(config, "vaeRecipe", "lr", 1e30));
    Files.createDirectory(root.resolve("REMAINS"));
    Files.writeString(root.resolve("REMAINS/vae.safetensors"), "");
    // what torch.save writes before its object, and then an object that would run a command
    String magic = "\u0080\2\u008a\nl\u00fc\u009cF\u00f9 j\u00a8P\u0019.";
    String evil = magic + "M\u00e9\3.}.cos\nsystem\n(X\4\0\0\0trueltR.";
    Files.write(root.resolve("EVIL.pt"), evil.getBytes(StandardCharsets.ISO_8859_1));
    damage();
  }

  /// Makes copies of the finished run with one thing wrong in each.
  private static void damage() throws IOException {
    cut(copy("CUT-VAE").resolve("vae.safetensors"));
    cut(copy("CUT-DALLE").resolve("dalle.safetensors"));
    cut(copy("CUT-TOKENIZER").resolve("tokenizer.json"));
    cut(copy("CUT-CONFIG").resolve("config.json"));
    Path stopped = copy("CUT-TRAINING");
    Files.delete(stopped.resolve("vae.safetensors"));
    cut(stopped.resolve("vae-training.safetensors"));
    Path history = copy("BAD-HISTORY");
    Files.delete(history.resolve("vae.safetensors"));
    Files.writeString(history.resolve("vae-history.csv"), "step,loss\nnone\n");
    Files.delete(copy("STOPPED").resolve("vae.safetensors"));
    Files.delete(copy("ONLY-VAE").resolve("dalle.safetensors"));
    Files.writeString(copy("BLOCKED").resolve("generated"), "in the way");

    RunConfig wider =
        TinyRun.with(RunFolder.open(root.resolve("RUN")).config(), "vae", "hidden", 12);
    RunFolder.open(copy("SHAPES")).writeJson("config.json", wider);
    Path lacking = copy("LACKING").resolve("vae.safetensors");
    Map<String, Tensor> tensors = new LinkedHashMap<>(SafeTensors.read(lacking).tensors());
    tensors.remove(tensors.keySet().iterator().next());
    new SafeTensors(tensors, Map.of()).write(lacking);
  }

  private static Path copy(String name) throws IOException {
    Path from = root.resolve("RUN");
    Path to = root.resolve(name);
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes a)
              throws IOException {
            Files.createDirectories(to.resolve(from.relativize(dir)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes a) throws IOException {
            Files.copy(
                file, to.resolve(from.relativize(file)), StandardCopyOption.REPLACE_EXISTING);
            return FileVisitResult.CONTINUE;
          }
        });
    return to;
  }

  private static void cut(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # ---- the command line
          demo --minuts                                  | Unknown option: '--minuts'; did you mean --minutes?
          paint                                          | 'paint'
          generate --run @/RUN                           | Missing required parameter: 'TEXT'
          generate text                                  | Missing required option: '--run=RUN'
          generate --run @/RUN -n many circle            | 'many' is not an int
          generate --run @/RUN one two                   | 'two'
          reconstruct --run @/RUN                        | IMAGE
          reconstruct @/GOOD.png                         | name a --run or --weights, one of the two
          reconstruct --run @/RUN --weights a b          | name a --run or --weights, one of the two
          reconstruct --run @/RUN --size 64 @/GOOD.png   | --size must be positive and go with --weights
          reconstruct --weights a @/GOOD.png             | --weights needs --out
          reconstruct --run @/RUN --model x @/GOOD.png   | --model is vae, ae, gaussian or vq, and goes with --run; got x
          reconstruct --run @/RUN --model vq @/GOOD.png  | vq.safetensors: not found; the run has no finished vq stage
          reconstruct --weights a --model vq --out b c   | --model is vae, ae, gaussian or vq, and goes with --run
          train vq --steps 99 --out @/RUN                | its vae training has a plan already
          train gaussian --out @/NEW                     | is a new run; say what to learn from with --data
          inspect                                        | name a FILE or a --preset, one of the two
          inspect --preset openai @/FILE                 | name a FILE or a --preset, one of the two
          inspect --preset dalle                         | the preset to inspect is openai; got dalle
          convert @/FILE                                 | Missing required parameter: 'OUT'
          convert @/FILE @/OUT.pt                        | OUT must end with .safetensors
          demo --device tpu                              | --device is cpu, gpu, gpu:N or auto; got tpu
          train vae --out @/NEW --device gpu:x           | --device is cpu, gpu, gpu:N or auto; got gpu:x
          generate --run @/RUN --device gpu x            | --device gpu: TornadoVM is not here: sdk install
          demo --minutes soon                            | 'soon' is not a double
          demo --minutes NaN                             | --minutes must be positive, at most 43200; got NaN
          demo --minutes -1                              | --minutes must be positive
          demo --minutes Infinity                        | --minutes must be positive
          demo --threads 0                               | --threads must be from 1 to 1024; got 0
          demo --threads 1000000                         | --threads must be from 1 to 1024
          demo --vae-steps 0                             | --vae-steps must be positive; got 0
          demo --dalle-steps -5                          | --dalle-steps must be positive; got -5
          demo --resume                                  | --resume needs --out
          demo --seed x                                  | 'x' is not a long
          bench --threads 0                              | --threads must be from 1 to 1024; got 0
          bench --isa avx512                             | --isa must be avx2; got avx512
          bench --device gpu                             | the benchmarks are not on the class path
          bench sgemm                                    | the benchmarks are not on the class path
          train gan --out @/NEW --data shapes            | the stage is vae, dalle, ae, gaussian or vq; got gan
          train vae --out @/NEW --data shapes --steps 0  | --steps must be positive; got 0
          train vae --out @/NEW                          | is a new run; say what to learn from with --data
          train dalle --out @/NEW --data shapes          | has no finished vae; train it first
          train dalle --tokens gan --data shapes --out @/NEW | --tokens is dvae or pixels; got gan
          train vae --tokens pixels --data shapes --out @/NEW | --tokens pixels is for: smalti train dalle
          train dalle --tokens pixels --out @/NEW        | is a new run; say what to learn from with --data
          train dalle --tokens dvae --data shapes --out @/NEW | has no finished vae; train it first
          train dalle --tokens pixels --size x --data shapes --out @/NEW | 'x' is not an int
          train dalle --tokens pixels --size 99 --data shapes --out @/NEW | a side from 2 to 64; got 99
          train dalle --tokens pixels --size 8 --data shapes --out @/NEW | Shapes are drawn from 16 to 128 pixels wide; got 8
          train vae --size 24 --data shapes --out @/NEW  | --size goes with --tokens pixels
          demo --tokens gan                              | --tokens is dvae or pixels; got gan
          demo --size 24                                 | --size goes with --tokens pixels
          demo --tokens pixels --vae-steps 9             | with --tokens pixels there is no dVAE
          # ---- pictures and folders of pictures
          reconstruct --run @/RUN @/FILE                 | FILE is not a PNG, JPEG, WebP or GIF image
          reconstruct --run @/RUN @/NONE.png             | There is no file @/NONE.png
          reconstruct --run @/RUN @/EMPTY                | EMPTY is not a file
          reconstruct --run @/RUN @/CUT.png              | CUT.png is damaged or cut short
          train vae --data @/EMPTY --out @/NEW           | The folder @/EMPTY has no PNG, JPEG, WebP or GIF images
          train vae --data @/BROKEN --out @/NEW          | Nothing to learn from: 0 of 1 images
          train vae --data @/NONE --out @/NEW            | there is no folder @/NONE, and the built-in sets are
          train vae --data @/FILE --out @/NEW            | FILE is not a folder
          demo --data @/NONE --out @/NEW                 | there is no folder @/NONE
          # ---- runs
          generate --run @/NONE circle                   | NONE: not found
          generate --run @/FILE circle                   | FILE: is not a folder
          generate --run @/EMPTY circle                  | EMPTY: is not a run, it has no config.json
          demo --resume --out @/NONE                     | NONE: not found
          generate --run @/ONLY-VAE circle               | dalle.safetensors: not found; the run has no finished dalle
          demo --data shapes --out @/RUN                 | RUN: holds a run; go on with --resume
          demo --data shapes --out @/REMAINS             | holds a vae.safetensors of another run
          train vae --data shapes --out @/REMAINS        | holds a vae.safetensors of another run
          train vae --data emoji --out @/RUN             | was begun with --data shapes, not emoji
          train vae --seed 7 --out @/RUN                 | was begun with --seed 1, not 7
          train vae --steps 99 --out @/RUN               | its vae training has a plan already
          train dalle --out @/BEGUN                      | has no finished vae; train it first
          train vae --out @/STOPPED                      | holds a stopped vae training; go on with --resume
          train dalle --tokens pixels --out @/RUN        | was begun with --tokens dvae, not pixels
          train dalle --size 24 --out @/RUN              | --size goes with --tokens pixels
          train dalle --tokens dvae --out @/PIXELS       | was begun with --tokens pixels, not dvae
          train dalle --size 24 --out @/PIXELS           | was begun with --size 16, not 24
          train vae --out @/PIXELS                       | was begun with --tokens pixels; it has no stage but dalle
          demo --resume --out @/RUN --tokens pixels      | was begun with --tokens dvae, not pixels
          generate --run @/PIXELS circle                 | palette.safetensors: palette should be F32 of shape
          demo --resume --out @/RUN --seed 7             | was begun with --seed 1, not 7
          demo --resume --out @/RUN --data emoji         | was begun with --data shapes, not emoji
          demo --resume --out @/RUN --vae-steps 99       | was begun with --vae-steps 3, not 99
          # ---- damaged files
          inspect @/NONE                                 | NONE: there is no such file
          inspect @/EMPTY                                | EMPTY: is a folder
          inspect @/FILE                                 | FILE: not a safetensors file
          inspect @/CUT-VAE/vae.safetensors              | vae.safetensors: the file is cut short
          inspect @/EVIL.pt                              | refused: its pickle names os.system
          convert @/EVIL.pt @/OUT.safetensors            | refused: its pickle names os.system
          convert @/RUN/vae.safetensors @/NONE/x.safetensors  | there is no folder
          reconstruct --weights @/EVIL.pt --out @/x.png @/GOOD.png  | refused: its pickle names os.system
          reconstruct --weights @/RUN/dalle.safetensors --out @/x.png @/GOOD.png | is no published encoder or decoder
          reconstruct --weights @/RUN/vae.safetensors --size 30 --out @/x.png @/GOOD.png | imageSize must be a multiple of
          generate --run @/CUT-VAE circle                | vae.safetensors
          generate --run @/CUT-DALLE circle              | dalle.safetensors
          generate --run @/CUT-TOKENIZER circle          | tokenizer.json is not JSON, or was cut short
          generate --run @/CUT-CONFIG circle             | config.json: damaged
          train vae --resume --out @/CUT-TRAINING        | vae-training.safetensors
          train vae --resume --out @/BAD-HISTORY         | vae-history.csv: not a table of training numbers
          generate --run @/SHAPES circle                 | in the file, [
          generate --run @/LACKING circle                | is missing
          # ---- texts
          generate --run @/RUN ''                        | the text is empty
          generate --run @/RUN BLANK                     | the text is empty
          generate --run @/RUN 猫                        | none of its characters occurred in training
          generate --run @/RUN LONG                      | the model reads at most 48; shorten it
          # ---- numbers
          generate --run @/RUN -n 0 circle               | -n must be from 1 to 10000; got 0
          generate --run @/RUN -n -3 circle              | -n must be from 1 to 10000; got -3
          generate --run @/RUN -n 10001 circle           | -n must be from 1 to 10000
          generate --run @/RUN --temperature NaN circle  | temperature must be 0 or more; got NaN
          generate --run @/RUN --guidance -1 circle      | guidance must be 0 or more; got -1.0
          generate --run @/RUN --top-p 0 circle          | top-p must be in (0, 1]; got 0.0
          generate --run @/RUN --top-k -1 circle         | top-k must be 0 (off) or more; got -1
          # ---- places that cannot be written, for root neither
          train vae --data shapes --out @/FILE           | FILE: is a file, not a folder
          train vae --data shapes --out @/FILE/x         | FILE/x: cannot make this folder: Not a directory
          demo --data shapes --out @/FILE/x              | FILE/x: cannot make this folder
          generate --run @/RUN --out @/FILE circle       | FILE: is a file, not a folder
          generate --run @/BLOCKED circle                | generated: is a file, not a folder
          reconstruct --run @/RUN --out @/FILE/x @/GOOD.png | FILE
          reconstruct --run @/RUN --out @/EMPTY @/GOOD.png  | EMPTY
          """)
  void oneLineAndExitCode2(String command, String expected) {
    Object[] args = Arrays.stream(command.split(" +")).map(BadInputTest::argument).toArray();
    assertOneLine(Cli.run(args), expected.replace("@", root.toString()));
    assertThat(root.resolve("NEW")).doesNotExist(); // nothing is left behind
  }

  private static String argument(String word) {
    return switch (word) {
      case "''" -> "";
      case "BLANK" -> " \t\n ";
      case "LONG" -> "a circle ".repeat(99);
      default -> word.replace("@", root.toString());
    };
  }

  private static void assertOneLine(Cli.Outcome outcome, String expected) {
    assertThat(outcome.err()).hasSize(1);
    String line = outcome.err().getFirst();
    assertThat(line)
        .contains(expected)
        .startsWith("smalti")
        .doesNotContain("Exception", "\tat ", "null", "fault of smalti")
        .hasSizeLessThan(400);
    assertThat(outcome.code()).isEqualTo(2);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void theSystemsOwnFoldersTakeNoRun() {
    assertOneLine(
        Cli.run("train", "vae", "--data", "shapes", "--out", "/proc/smalti"), "/proc/smalti");
  }

  @Test
  void aLossThatIsNoNumberEndsTheTraining() {
    assertOneLine(
        Cli.run("train", "vae", "--out", root.resolve("WILD")), "; what was saved before stays");
    assertThat(root.resolve("WILD/vae.safetensors")).doesNotExist();
  }

  @Test
  void aMessageOfSeveralLinesBecomesOne() {
    assertThat(Faults.line(" a\n  b\r\nc ")).isEqualTo("a b c");
  }

  @Test
  void messagesThatSayNothingAreReplaced() {
    assertThat(Faults.sentence(new IOException()))
        .contains("fault of smalti itself", "java.io.IOException");
    assertThat(Faults.sentence(new java.nio.file.FileSystemException("x", null, "disk full")))
        .isEqualTo("x: disk full");
    assertThat(Faults.sentence(new java.nio.file.NoSuchFileException("x")))
        .isEqualTo("x: not found");
  }
}

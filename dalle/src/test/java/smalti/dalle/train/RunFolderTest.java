package smalti.dalle.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunFolderTest {
  @TempDir private Path temporary;
  private RunFolder folder;

  @BeforeEach
  void make() throws IOException {
    folder = TinyRun.begun(temporary.resolve("run"), Presets.emoji());
  }

  @ParameterizedTest
  @CsvSource({"emoji", "shapes", "a folder"})
  void aConfigurationIsReadAsItWasWritten(String data) throws IOException {
    RunConfig config = Presets.of(data).withSeed(Long.MIN_VALUE);
    folder.writeJson("config.json", config);
    assertThat(RunFolder.open(folder.path()).config()).isEqualTo(config);
  }

  @Test
  void fieldsThatOlderVersionsLackAreWhatThoseDid() throws IOException {
    RunConfig config = Presets.shapes();
    ObjectNode old = TinyRun.fields(config);
    old.remove(List.of("tokens", "palette"));
    ((ObjectNode) old.get("vaeRecipe")).remove(List.of("lrAnneal", "collage"));
    ((ObjectNode) old.get("transformer")).remove(List.of("tokenDropout", "style"));
    ((ObjectNode) old.get("dalleRecipe"))
        .remove(List.of("captionDropout", "tokenDropoutEnd", "atScale"));
    ((ObjectNode) old.get("sampling")).remove("guidance");
    Files.writeString(folder.file("config.json"), old.toString());
    RunConfig expected = TinyRun.with(config, "vaeRecipe", "collage", 0);
    expected = TinyRun.with(expected, "transformer", "tokenDropout", 0);
    assertThat(folder.config()).isEqualTo(expected);

    old.put("atScale", 1);
    Files.writeString(folder.file("config.json"), old.toString());
    assertThatThrownBy(folder::config).hasMessageEndingWith("there should be no field atScale");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "seed" : 1              | "seed" : 1.5              | field seed is missing or does not fit
          "seed" : 1              | "seed" : null             | field seed is missing or does not fit
          "seed" : 1              | "seeds" : 1               | seed
          "hidden" : \\d+         | "hidden" : 33             | hidden must be a multiple of 4
          "vae" : \\{             | "vae" : null, "x" : {     | vae
          "hidden" : \\d+         | "hidden" : "wide"         | field vae.hidden is missing or does not fit
          "data" : "emoji",       | ``                        | field data is missing or does not fit
          "data" : "emoji",       | "data" : "emoji", "x" : 1, | there should be no field x
          """)
  void saysWhatIsWrongInAConfiguration(String from, String to, String expected) throws IOException {
    String json = Files.readString(folder.file("config.json"));
    assertThat(json).containsPattern(from);
    Files.writeString(folder.file("config.json"), json.replaceFirst(from, to));
    assertThatThrownBy(folder::config)
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(folder.file("config.json") + ": ")
        .hasMessageContaining(expected);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {"``", "null", "{", "{} {}", "42", "[]"})
  void refusesWhatIsNoConfiguration(String content) throws IOException {
    Files.writeString(folder.file("config.json"), content);
    assertThatThrownBy(folder::config)
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(folder.file("config.json") + ": damaged: ");
  }

  @Test
  void refusesBytesThatAreNoText() throws IOException {
    Files.write(folder.file("config.json"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
    assertThatThrownBy(folder::config).hasMessageEndingWith("damaged: it is not UTF-8 text");
  }

  @Test
  void addsUpSecondsOfWork() throws IOException {
    assertThat(folder.seconds()).isZero();
    folder.seconds(12.5);
    assertThat(RunFolder.open(folder.path()).seconds()).isEqualTo(12.5);
  }

  @Test
  void aFileIsNoFolderForARun() throws IOException {
    Path file = Files.writeString(temporary.resolve("file"), "");
    assertThatThrownBy(() -> RunFolder.create(file)).hasMessage(file + ": is a file, not a folder");
    assertThatThrownBy(() -> RunFolder.create(file.resolve("run")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot make this folder");
    assertThatThrownBy(() -> RunFolder.open(file)).hasMessage(file + ": is not a folder");
  }

  @Test
  void onlyAFreePathTakesANewRun() throws IOException {
    RunFolder.requireFree(temporary.resolve("new"));
    assertThatThrownBy(() -> RunFolder.requireFree(folder.path())).hasMessageContaining("--resume");
    Path remains = Files.createDirectory(temporary.resolve("remains"));
    RunFolder.requireFree(remains);
    Files.writeString(remains.resolve("tokenizer.json"), "{}");
    assertThatThrownBy(() -> RunFolder.requireFree(remains))
        .hasMessageContaining("tokenizer.json of another run");
  }
}

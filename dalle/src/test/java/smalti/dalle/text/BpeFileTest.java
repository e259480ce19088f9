package smalti.dalle.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BpeFileTest {
  private static final String GOOD =
      """
      {
        "format" : "smalti-bpe",
        "version" : 1,
        "text" : "caption",
        "characters" : "der",
        "vocabSize" : 259,
        "merges" : [
          "Ġ r",
          "e d",
          "Ġr ed"
        ]
      }
      """
          .strip();

  @TempDir Path folder;

  @Test
  void savingAndLoadingKeepsEverything() throws IOException {
    BpeTokenizer saved =
        new BpeTrainer(300, 1).train(List.of("a red circle", "\"quoted\" \\ 日本 👩‍🚀")).tokenizer();
    Path file = folder.resolve("bpe.json");
    saved.save(file);
    BpeTokenizer loaded = BpeTokenizer.load(file);
    assertThat(loaded.merges()).isEqualTo(saved.merges());
    assertThat(loaded.characters()).isEqualTo(saved.characters()).contains("🚀");
    assertThat(loaded.preTokenizer()).isEqualTo(PreTokenizer.CAPTION);
    assertThat(loaded.fingerprint()).isEqualTo(saved.fingerprint()).hasSize(64);
    assertThat(loaded.encode("A red 日")).isEqualTo(saved.encode("A red 日"));

    saved.save(file); // over the old one
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file); // no temporary file stays
    }
  }

  @Test
  void theFormatIsTheDocumentedOne() throws IOException {
    Path file = write(GOOD);
    BpeTokenizer.load(file).save(folder.resolve("again.json"));
    assertThat(folder.resolve("again.json")).hasContent(GOOD);
    assertThat(BpeTokenizer.load(file).segments("red der"))
        .containsExactly("▁red", "▁", "d", "e", "r");
  }

  @Test
  void theFingerprintDependsOnMergesTheirOrderAndTheRule() {
    assertThat(
            List.of(
                fingerprint(PreTokenizer.CAPTION, "a b", "c d"),
                fingerprint(PreTokenizer.CAPTION, "c d", "a b"),
                fingerprint(PreTokenizer.CAPTION, "a b"),
                fingerprint(PreTokenizer.GPT2, "a b", "c d")))
        .doesNotHaveDuplicates();
  }

  private static String fingerprint(PreTokenizer rule, String... merges) {
    return BpeTokenizer.of(List.of(merges), rule, "").fingerprint();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = ';',
      value = {
        "smalti-bpe; other; it does not say `\"format\": \"smalti-bpe\".`",
        "`\"version\" : 1`; `\"version\" : 7`; it has version 7, and this program reads version 1.",
        "`\"version\" : 1`; `\"version\" : \"1\"`; `it has no \"version\".`",
        "`\"caption\"`; `\"latin\"`; `its \"text\" is neither \"caption\" nor \"gpt2\".`",
        "`\"der\"`; 17; `it has no text \"characters\".`",
        "259; 300; `it says 300 tokens, but 256 bytes and 3 merges make 259.`",
        "259; `\"x\"`; `it has no \"vocabSize\".`",
        "`\"merges\"`; `\"marges\"`; `it has no list \"merges\".`",
        "`\"e d\"`; 4; `merge 2 is not a text.`",
        "`\"e d\"`; `\"ed\"`; `Merge 2 (\"ed\") is not two tokens with one space between.`",
        "`\"e d\"`; `\"e d \"`; `Merge 2 (\"e d \") is not two tokens with one space between.`",
        "`\"e d\"`; `\"e dd\"`; `Merge 2 (\"e dd\") uses the token \"dd\", which is no byte`",
        "`\"e d\"`; `\"e 日\"`; `Merge 2 (\"e 日\") uses the token \"日\", which is no byte`",
        "`\"e d\"`; `\"Ġ r\"`; `Merge 2 (\"Ġ r\") makes a token that exists already.`",
      })
  void damageIsNamed(String part, String instead, String complaint) throws IOException {
    assertThat(GOOD).contains(part);
    Path file = write(GOOD.replaceFirst(Pattern.quote(part), instead));
    assertThatThrownBy(() -> BpeTokenizer.load(file))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(
            "The vocabulary " + file + " is damaged: " + complaint.replace("`", ""))
        .hasMessageNotContaining("\n");
  }

  @Test
  void aFileCutShortIsNeverRead() throws IOException {
    byte[] bytes = GOOD.getBytes(StandardCharsets.UTF_8);
    for (int length = 0; length < bytes.length; length++) {
      Path file = folder.resolve("cut.json");
      Files.write(file, Arrays.copyOf(bytes, length));
      assertThatThrownBy(() -> BpeTokenizer.load(file))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("The vocabulary " + file)
          .hasMessageEndingWith(".")
          .hasMessageNotContaining("\n");
    }
  }

  @Test
  void filesOfOtherKindsAreNamed() throws IOException {
    Path missing = folder.resolve("none.json");
    assertThatThrownBy(() -> BpeTokenizer.load(missing))
        .isInstanceOf(IOException.class)
        .hasMessage("There is no vocabulary file " + missing + ".");
    Path binary = folder.resolve("binary");
    Files.write(binary, new byte[] {(byte) 0x89, 'P', 'N', 'G', (byte) 0xFF});
    assertThatThrownBy(() -> BpeTokenizer.load(binary))
        .hasMessage("The vocabulary " + binary + " is no UTF-8 text.");
    assertThatThrownBy(() -> BpeTokenizer.load(folder))
        .hasMessage("The vocabulary " + folder + " cannot be read.");
    Path list = write("[1, 2]");
    assertThatThrownBy(() -> BpeTokenizer.load(list)).hasMessageContaining("is damaged: ");
    Path twice = write(GOOD + GOOD);
    assertThatThrownBy(() -> BpeTokenizer.load(twice)).hasMessageContaining("is not JSON");
    BpeTokenizer good = BpeTokenizer.load(write(GOOD));
    Path nowhere = folder.resolve("no/such/folder.json");
    assertThatThrownBy(() -> good.save(nowhere))
        .hasMessageStartingWith(nowhere + ": cannot be written: there is no folder ");
  }

  @Test
  void gpt2ListsOfMergesAreImported() throws IOException {
    Path file = write("#version: 0.2\nĠ r\ne d\r\nĠr ed\n# #\n");
    BpeTokenizer bpe = BpeTokenizer.importGpt2(file);
    assertThat(bpe.merges()).containsExactly("Ġ r", "e d", "Ġr ed", "# #");
    assertThat(bpe.preTokenizer()).isEqualTo(PreTokenizer.GPT2);
    assertThat(bpe.segments("a red##")).containsExactly("a", "▁red", "##");
    Path clip = write("#version: 0.2\ni n\nt h</w>\n");
    assertThatThrownBy(() -> BpeTokenizer.importGpt2(clip))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "The file "
                + clip
                + " is no list of GPT-2 merges: Merge 2 (\"t h</w>\") uses"
                + " the token \"h</w>\", which is no byte and no earlier merge.");
  }

  private Path write(String text) throws IOException {
    return Files.writeString(Files.createTempFile(folder, "bpe", ".json"), text);
  }
}

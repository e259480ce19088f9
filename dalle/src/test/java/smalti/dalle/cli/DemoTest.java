package smalti.dalle.cli;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import smalti.dalle.data.Picture;
import smalti.dalle.train.Presets;
import smalti.dalle.train.RunConfig;
import smalti.dalle.train.RunFolder;
import smalti.dalle.train.TinyRun;

/// Runs whole demos of tiny sizes. A demo takes its sizes from config.json when it is resumed.
class DemoTest {
  @TempDir private Path root;

  @Test
  void aDemoOfShapesEndsWithPicturesNumbersAndAPage() throws IOException {
    RunFolder folder = TinyRun.begun(root.resolve("run"), TinyRun.config("shapes", 9, 9));
    folder.seconds(1000); // of an earlier session
    Cli.Outcome outcome = Cli.run("demo", "--resume", "--out", folder.path());
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.code()).isZero();
    assertThat(outcome.out())
        .anyMatch(line -> line.startsWith("vae   step 9/9  loss "))
        .anyMatch(line -> line.startsWith("dalle step 9/9  loss "))
        .anyMatch(line -> line.endsWith("pictures/vae-000009.png"))
        .anyMatch(line -> line.endsWith("pictures/dalle-000009.png"))
        .noneMatch(line -> line.contains("\r"));

    JsonNode metrics = metrics(folder);
    for (String fraction :
        new String[] {
          "vae.codebook_used_fraction", "shapes.exact_match_seen", "shapes.exact_match_heldout"
        }) {
      assertThat(metrics.get(fraction).doubleValue()).as(fraction).isBetween(0.0, 1.0);
    }
    assertThat(metrics.get("vae.codebook_used_fraction").doubleValue()).isPositive();
    assertThat(metrics.get("vae.heldout_psnr_db").doubleValue()).isBetween(0.0, 60.0);
    assertThat(metrics.get("vae.elbo_nats").isNumber()).isTrue();
    assertThat(metrics.get("dalle.image_bits_per_token_train").doubleValue()).isBetween(0.0, 8.0);
    assertThat(metrics.get("dalle.image_bits_per_token_heldout").doubleValue()).isBetween(0.0, 8.0);
    assertThat(metrics.get("seconds.total").doubleValue()).isBetween(1000.0, 2000.0);
    assertThat(metrics.get("peak_rss_mb").longValue()).isPositive();
    assertPage(folder);

    Cli.Outcome again = Cli.run("demo", "--resume", "--out", folder.path());
    assertThat(again.out()).contains("vae   is complete", "dalle is complete");
    assertThat(metrics(folder).get("vae.elbo_nats")).isEqualTo(metrics.get("vae.elbo_nats"));
    assertThat(folder.seconds()).isGreaterThan(metrics.get("seconds.total").doubleValue());
  }

  @Test
  void aFolderThatHoldsNothingOutHasNoHeldOutNumbers() throws IOException {
    Path data = Files.createDirectory(root.resolve("<b>&data"));
    for (String name : new String[] {"red", "blue"}) {
      int colour = name.equals("red") ? 0xff0000 : 0xff;
      Picture.filled(16, 16, colour).writePng(data.resolve(name + ".png"));
      String noise =
          new java.util.Random(1)
              .ints(200, 'a', 'z')
              .mapToObj(Character::toString)
              .collect(joining());
      Files.writeString(data.resolve(name + ".txt"), name + " " + noise);
    }
    RunFolder folder = TinyRun.begun(root.resolve("run"), TinyRun.config(data.toString(), 2, 2));
    Cli.Outcome outcome = Cli.run("demo", "--resume", "--out", folder.path());
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.code()).isZero();
    assertThat(outcome.out()).contains("note  2 of 2 captions are cut to the first 48 tokens");
    JsonNode metrics = metrics(folder);
    assertThat(metrics.get("vae.heldout_psnr_db").isNull()).isTrue();
    assertThat(metrics.get("dalle.image_bits_per_token_heldout").isNull()).isTrue();
    assertThat(metrics.get("vae.train_psnr_db").isNumber()).isTrue();
    assertThat(metrics.get("samples.nearest_is_concept").doubleValue()).isBetween(0.0, 1.0);
    assertThat(Files.readString(folder.file("index.html")))
        .contains("&lt;b&gt;&amp;data")
        .doesNotContain("Held-out", root.toString());
  }

  private static JsonNode metrics(RunFolder folder) throws IOException {
    return new ObjectMapper().readTree(folder.file("metrics.json").toFile());
  }

  /// Checks that the page needs nothing from outside and that its pictures are there.
  private static void assertPage(RunFolder folder) throws IOException {
    String page = Files.readString(folder.file("index.html"));
    assertThat(page)
        .startsWith("<!DOCTYPE html>")
        .endsWith("</html>\n")
        .doesNotContain("http:", "https:", "//", "<script", "<link", "@import", "url(")
        .contains("vae.heldout_psnr_db", "shapes.exact_match_heldout", "seconds.total");
    Matcher images = Pattern.compile("src=\"([^\"]*)\"").matcher(page);
    int count = 0;
    while (images.find()) {
      Picture picture = Picture.read(folder.file(images.group(1)));
      assertThat(picture.width()).isGreaterThan(100);
      count++;
    }
    // samples, reconstructions, 4 curves, the codebook, and 9 of each stage on the way
    assertThat(count).isEqualTo(7 + 18);
  }

  @Test
  void theFirstSheetsOfAStageComeEarly() throws IOException {
    RunFolder folder = TinyRun.begun(root.resolve("run"), TinyRun.config("shapes", 16, 1));
    assertThat(Cli.run("train", "vae", "--out", folder.path()).code()).isZero();
    assertThat(folder.file("pictures/vae-000002.png")).exists();
    assertThat(folder.file("pictures/vae-000003.png")).doesNotExist();
    assertThat(folder.file("reconstructions.png"))
        .hasSameBinaryContentAs(folder.file("pictures/vae-000016.png"));
  }

  @Test
  void aPlanFillsTheTimeAndNoMore() {
    RunConfig plan = new Calibration(0.1, 0.25, 20).plan(Presets.shapes(), 600);
    double training = plan.vaeRecipe().steps() * 0.1 + plan.dalleRecipe().steps() * 0.25;
    assertThat(20 + training).isBetween(0.7 * 600, 0.95 * 600);
    assertThat(proportion(plan)).isCloseTo(proportion(Presets.shapes()), within(0.01));
    RunConfig slower = new Calibration(0.2, 0.5, 20).plan(Presets.shapes(), 600);
    assertThat(slower.vaeRecipe().steps() * 2.0)
        .isBetween(plan.vaeRecipe().steps() - 2.0, plan.vaeRecipe().steps() + 2.0);
    RunConfig least = new Calibration(9, 9, 99).plan(Presets.shapes(), 1);
    assertThat(least.vaeRecipe().steps()).isPositive();
    assertThat(least.dalleRecipe().steps()).isPositive();
    assertThat(least.withSteps(1, 1)).isEqualTo(Presets.shapes().withSteps(1, 1));
  }

  private static double proportion(RunConfig config) {
    return (double) config.vaeRecipe().steps() / config.dalleRecipe().steps();
  }

  @Test
  void thePeakOfMemoryCoversTheHeapInUse() {
    byte[] touched = new byte[32 << 20];
    for (int i = 0; i < touched.length; i += 1024) {
      touched[i] = 1;
    }
    assertThat(PeakMemory.megabytes()).isBetween(32L, 1L << 20);
    assertThat(touched[1024]).isOne();
  }
}

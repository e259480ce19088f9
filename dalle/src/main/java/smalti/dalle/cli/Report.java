package smalti.dalle.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import smalti.dalle.train.History;
import smalti.dalle.train.RunConfig;
import smalti.dalle.train.RunFolder;

/// Writes `index.html`: the pictures, the curves and the numbers of a run, on one page without
/// outside resources.
final class Report {
  private final RunFolder folder;
  private final RunConfig config;
  private final String data;
  private final Map<String, @Nullable Object> metrics;

  /// Prepares the page.
  ///
  /// @param data the data set's name
  /// @param metrics the numbers by name; null where there is none
  Report(RunFolder folder, RunConfig config, String data, Map<String, @Nullable Object> metrics) {
    this.folder = folder;
    this.config = config;
    this.data = data;
    this.metrics = metrics;
  }

  /// Draws the charts and writes the page.
  ///
  /// @param usage how often each code occurs in the training pictures
  void write(History vae, History dalle, long[] usage) throws IOException {
    StringBuilder page = new StringBuilder(HEAD.formatted(escape(data)));
    String book = config.hasStage1() ? "codebook" : "palette";
    section(
        page,
        "Texts become pictures",
        "The real picture of each caption, and samples for the caption.",
        "samples.png");
    section(
        page,
        metrics.get("vae.heldout_psnr_db") == null && metrics.get("palette.heldout_psnr_db") == null
            ? "Pictures through the " + book
            : "Held-out pictures through the " + book,
        "Above the original, below what its %d tokens of %d kinds keep of it."
            .formatted(config.grid().tokens(), config.grid().vocabulary()),
        "reconstructions.png");
    section(
        page,
        "The dVAE and its relatives",
        "What each model makes of the same pictures, without noise.",
        "relatives.png");
    section(
        page,
        "Latent space of the Gaussian VAE",
        "Between four pictures, their means mixed; below them pictures drawn from the prior.",
        "gaussian-grid.png");
    page.append("<h2>Numbers</h2>\n<table>\n");
    metrics.forEach((name, value) ->
        page.append("<tr><td>%s</td><td>%s</td></tr>\n".formatted(name, escape(text(value)))));
    page.append("</table>\n<h2>Learning curves</h2>\n<p>By update; smoothed.</p>\n");
    curves(page, "dVAE", "nats", vae, List.of("nll", "kl"), "vae-curves.png");
    List<String> bounds = List.of("relaxed_elbo", "elbo");
    curves(page, "bounds of the dVAE", "nats", vae, bounds, "vae-bounds.png");
    List<String> use = List.of("code_usage", "tau");
    curves(page, "codes in use, and temperature", "fraction", vae, use, "vae-usage.png");
    curves(page, "transformer", "nats", dalle, List.of("image", "text"), "dalle-curves.png");
    if (usage.length > 0) { // a run may have nothing but relatives
      long[] ascending = usage.clone();
      Arrays.sort(ascending);
      Charts.usage(folder.file("codebook.png"), ascending);
    }
    section(
        page,
        config.hasStage1() ? "Codebook" : "Palette",
        "How often each token occurs in the training pictures, most used first.",
        "codebook.png");
    page.append("<h2>How it came about</h2>\n<div class=\"strip\">\n");
    for (String name : inProgress()) {
      page.append(
          "<figure><img src=\"pictures/%s\" alt=\"\"><figcaption>%s</figcaption></figure>\n"
              .formatted(name, name.replace(".png", "")));
    }
    page.append("</div>\n</body></html>\n");
    RunFolder.writeString(folder.file("index.html"), page.toString());
  }

  private void curves(
      StringBuilder page,
      String title,
      String unit,
      History history,
      List<String> columns,
      String picture)
      throws IOException {
    if (history.size() > 0) { // a chart needs a point
      Charts.curves(folder.file(picture), title, unit, history, columns);
      image(page, picture, title);
    }
  }

  private List<String> inProgress() throws IOException {
    if (!Files.isDirectory(folder.file("pictures"))) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder.file("pictures"))) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(n -> n.endsWith(".png"))
          .sorted((a, b) -> b.compareTo(a)) // the dVAE's first, then the transformer's
          .sorted((a, b) -> Boolean.compare(b.startsWith("vae"), a.startsWith("vae")))
          .toList();
    }
  }

  /// Adds a picture, if its stage has been trained.
  private void section(StringBuilder page, String title, String text, String picture) {
    if (!Files.exists(folder.file(picture))) {
      return;
    }
    page.append("<h2>").append(title).append("</h2>\n<p>").append(text).append("</p>\n");
    image(page, picture, title);
  }

  private static void image(StringBuilder page, String picture, String alt) {
    page.append("<img src=\"").append(picture).append("\" alt=\"").append(alt).append("\">\n");
  }

  /// Returns a value as people read it.
  static String text(@Nullable Object value) {
    return switch (value) {
      case null -> "none";
      case Double d -> String.format(Locale.ROOT, "%.4g", d);
      default -> value.toString();
    };
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private static final String HEAD =
      """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><title>Smalti: %1$s</title>
      <style>
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto;
             padding: 0 1rem; color: #222; background: #fff; }
      img { max-width: 100%%; image-rendering: pixelated; }
      table { border-collapse: collapse; } td { padding: .2rem 1rem .2rem 0;
             border-bottom: 1px solid #ddd; font-variant-numeric: tabular-nums; }
      .strip { display: flex; flex-wrap: wrap; gap: 1rem; } figure { margin: 0; width: 28rem; }
      figcaption { color: #666; font-size: .85rem; }
      </style></head><body>
      <h1>A DALL·E trained from scratch on %1$s</h1>
      """;
}

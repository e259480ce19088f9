package smalti.dalle.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import smalti.dalle.train.History;
import smalti.dalle.train.RunConfig;
import smalti.dalle.train.RunFolder;

/// Writes `index.html`: the pictures, the curves and the numbers of a demo, on one page without
/// outside resources.
final class Report {
  private final RunFolder folder;
  private final RunConfig config;
  private final Map<String, Object> metrics;

  Report(RunFolder folder, RunConfig config, Map<String, Object> metrics) {
    this.folder = folder;
    this.config = config;
    this.metrics = metrics;
  }

  void write(History vae, History dalle, long[] usage) throws IOException {
    Charts.curves(folder.file("vae-curves.png"), "dVAE", vae, List.of("nll", "kl"));
    Charts.curves(folder.file("dalle-curves.png"), "transformer", dalle, List.of("image", "text"));
    long[] sorted = usage.clone();
    Arrays.sort(sorted);
    Charts.usage(folder.file("codebook.png"), sorted);
    StringBuilder page = new StringBuilder(HEAD.formatted(escape(config.data())));
    section(page, "Texts become pictures",
        "Each row: the real picture of the caption, then samples.", "samples.png");
    section(page, "Held-out pictures through the codebook",
        "Above the original, below what its %d tokens of %d codes keep of it."
            .formatted(config.vae().tokens(), config.vae().vocabulary()),
        "reconstructions.png");
    page.append("<h2>Numbers</h2>\n<table>\n");
    metrics.forEach(
        (name, value) ->
            page.append("<tr><td>%s</td><td>%s</td></tr>\n".formatted(name, escape(text(value)))));
    page.append("</table>\n");
    section(page, "Learning curves", "Nats, by update; smoothed.", "vae-curves.png");
    section(page, "", "", "dalle-curves.png");
    section(page, "Codebook", "How often each code occurs in the training pictures, most used first.",
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

  private List<String> inProgress() throws IOException {
    try (Stream<Path> files = Files.list(folder.file("pictures"))) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(n -> n.endsWith(".png"))
          .sorted((a, b) -> b.compareTo(a)) // the dVAE's first, then the transformer's
          .sorted((a, b) -> Boolean.compare(b.startsWith("vae"), a.startsWith("vae")))
          .toList();
    }
  }

  private static void section(StringBuilder page, String title, String text, String picture) {
    if (!title.isEmpty()) {
      page.append("<h2>").append(title).append("</h2>\n<p>").append(text).append("</p>\n");
    }
    page.append("<img src=\"").append(picture).append("\" alt=\"").append(title).append("\">\n");
  }

  static String text(Object value) {
    return value instanceof Double d ? String.format(Locale.ROOT, "%.4g", d) : value.toString();
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

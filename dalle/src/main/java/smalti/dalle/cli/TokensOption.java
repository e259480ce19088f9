package smalti.dalle.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import smalti.dalle.tokens.PaletteConfig;
import smalti.dalle.tokens.TokenKind;
import smalti.dalle.train.Presets;
import smalti.dalle.train.RunConfig;

/// Are the options that choose what the transformer models.
final class TokensOption {
  @Option(
      names = "--tokens",
      paramLabel = "dvae|pixels",
      description = {
        "what the transformer models: codes of the run's dVAE, or the colours of pixels of",
        "smaller pictures, which need no dVAE (default: dvae)"
      })
  private @Nullable String tokens;

  @Option(
      names = "--size",
      paramLabel = "N",
      description = "with --tokens pixels: side of the pictures in pixels (default: 16)")
  private @Nullable Integer size;

  /// Returns the preset for data and these tokens.
  ///
  /// @param data as [Opening#name] returns it
  RunConfig preset(String data) {
    RunConfig preset = Presets.of(data);
    if (!pixels()) {
      requireNoSize();
      return preset;
    }
    PaletteConfig standard = PaletteConfig.standard();
    int side = Objects.requireNonNullElse(size, standard.imageSize());
    return Presets.pixels(preset, new PaletteConfig(side, standard.vocabulary()));
  }

  /// Returns whether pixels were asked for.
  boolean pixels() {
    return kind() == TokenKind.PIXELS;
  }

  private @Nullable TokenKind kind() {
    if (tokens == null) {
      return null;
    }
    return Arrays.stream(TokenKind.values())
        .filter(kind -> kind.word().equals(tokens))
        .findFirst()
        .orElseThrow(() -> new UserError("--tokens is dvae or pixels; got " + tokens));
  }

  private void requireNoSize() {
    if (size != null) {
      throw new UserError("--size goes with --tokens pixels; a dVAE's pictures have their own");
    }
  }

  /// Checks that the options say nothing else than a run that has begun.
  void requireSame(RunConfig begun, Path out) {
    TokenKind kind = kind();
    if (kind != null && kind != begun.tokens()) {
      throw new UserError(
          "%s: was begun with --tokens %s, not %s"
              .formatted(out, begun.tokens().word(), kind.word()));
    }
    if (begun.hasStage1()) {
      requireNoSize();
    } else if (size != null && size != begun.palette().imageSize()) {
      throw new UserError(
          "%s: was begun with --size %d, not %d".formatted(out, begun.palette().imageSize(), size));
    }
  }
}

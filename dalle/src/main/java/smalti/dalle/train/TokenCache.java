package smalti.dalle.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import smalti.dalle.tokens.ImageTokens;
import smalti.tensor.DType;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.io.SafeTensors;

/// Keeps a run's image tokens in its `tokens.safetensors`, with the hashes of everything that made
/// them. Tokens that something else made are refused, and what it was is named: a transformer that
/// is trained on the codes of another dVAE or palette learns nothing that this one can draw.
public final class TokenCache {
  private static final String FILE = "tokens.safetensors";
  private static final int SHOWN = 12;

  private final RunFolder folder;
  private final PictureSet pictures;
  private final int length;
  private final Map<String, String> made = new LinkedHashMap<>();

  /// Notes what tokens are made from.
  ///
  /// @param augmentation a text that says how pictures are cropped
  /// @throws IOException if the run's tokenizer cannot be read
  public TokenCache(RunFolder folder, PictureSet pictures, ImageTokens tokens, String augmentation)
      throws IOException {
    this.folder = folder;
    this.pictures = pictures;
    this.length = tokens.config().tokens();
    made.put(tokens.maker(), Fingerprint.of(tokens.state()));
    made.put("tokenizer", Fingerprint.of(folder.file("tokenizer.json")));
    made.put("pictures", pictures.fingerprint());
    made.put("augmentation", augmentation);
  }

  /// Returns the tokens that are kept; without any, encodes and keeps them.
  ///
  /// @throws IOException if the file is damaged, or something else made its tokens
  public TokenSet tokens(Supplier<TokenSet> encode) throws IOException {
    Path file = folder.file(FILE);
    if (!Files.exists(file)) {
      TokenSet fresh = encode.get();
      new SafeTensors(Map.of("tokens", fresh.all()), made).write(file);
      return fresh;
    }
    SafeTensors kept = SafeTensors.read(file);
    for (Map.Entry<String, String> e : made.entrySet()) {
      String was = Objects.requireNonNullElse(kept.metadata().get(e.getKey()), "not noted");
      if (!was.equals(e.getValue())) {
        throw new IOException(
            "%s: these tokens were made with another %s (%s, now %s); delete the file to encode anew"
                .formatted(file, e.getKey(), shown(was), shown(e.getValue())));
      }
    }
    return new TokenSet(pictures, length, checked(file, kept.tensors().get("tokens")).toInts());
  }

  private Tensor checked(Path file, @Nullable Tensor tokens) throws IOException {
    boolean fits =
        tokens != null
            && tokens.dtype() == DType.I32
            && tokens.rank() == 2
            && tokens.dim(1) == length
            && tokens.dim(0) > 0
            && tokens.dim(0) % pictures.count() == 0;
    if (tokens == null || !fits) {
      Shape expected = Shape.of(pictures.count(), length);
      throw new IOException(
          "%s: damaged: tokens should be I32 of shape %s, or a multiple of its rows"
              .formatted(file, expected));
    }
    return tokens;
  }

  private static String shown(String what) {
    return what.matches("[0-9a-f]{64}") ? what.substring(0, SHOWN) + "…" : what;
  }
}

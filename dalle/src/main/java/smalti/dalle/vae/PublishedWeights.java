package smalti.dalle.vae;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;
import smalti.tensor.io.TensorFile;

/// Reads the weights of a dVAE in the published form, of any size: `encoder.pkl` and `decoder.pkl`
/// as OpenAI saved them, state dicts, or safetensors.
///
/// The sizes are told by the shapes; the scales are the published ones
/// ([VaeConfig.Scales#published]), since files do not hold them as tensors.
public final class PublishedWeights {
  private PublishedWeights() {}

  /// Loads a dVAE from one file with `encoder.` and `decoder.` before the names, or from two files,
  /// the encoder's and the decoder's, in either order.
  ///
  /// @param imageSize side of the pictures in pixels (256 in the published use); the weights fit
  ///   any multiple of a token's side
  /// @throws IOException if a file cannot be read, or they are not a whole dVAE of one size
  public static DiscreteVae load(List<Path> files, int imageSize) throws IOException {
    Map<String, Tensor> state = new LinkedHashMap<>();
    for (Path file : files) {
      try (TensorFile opened = TensorFile.open(file)) {
        String prefix = prefix(file, opened.entries());
        for (String name : opened.entries().keySet()) {
          if (state.put(prefix + name, opened.read(name)) != null) {
            throw new IOException(
                "%s: holds the %s again; name one file of each".formatted(file, prefix + name));
          }
        }
      }
    }
    try {
      DiscreteVae vae = new DiscreteVae(config(state, imageSize), Random.of(0));
      vae.load(state);
      return vae;
    } catch (IllegalArgumentException e) {
      throw new IOException(files + ": " + e.getMessage(), e);
    }
  }

  /// Tells an encoder's file from a decoder's by the output, (K, …) or (6, …).
  private static String prefix(Path file, Map<String, TensorFile.Entry> entries)
      throws IOException {
    if (entries.containsKey("encoder.blocks.input.w")) {
      return "";
    }
    TensorFile.Entry input = entries.get("blocks.input.w");
    if (input == null || input.shape().rank() != 4) {
      throw new IOException(
          "%s: is no published encoder or decoder; it has no tensor blocks.input.w of rank 4"
              .formatted(file));
    }
    return input.shape().dim(1) == 3 ? "encoder." : "decoder.";
  }

  private static VaeConfig config(Map<String, Tensor> state, int imageSize) {
    int groups = count(state, "encoder.blocks.group_%d.block_1.res_path.conv_1.w");
    int blocks = count(state, "encoder.blocks.group_1.block_%d.res_path.conv_1.w");
    Shape first = shape(state, "encoder.blocks.input.w");
    Shape codes = shape(state, "decoder.blocks.input.w");
    return new VaeConfig(
        imageSize,
        groups,
        blocks,
        first.dim(0),
        first.dim(2),
        codes.dim(0),
        codes.dim(1),
        VaeConfig.Scales.published(Math.max(1, groups * blocks), codes.dim(1)));
  }

  private static int count(Map<String, Tensor> state, String pattern) {
    int n = 0;
    while (state.containsKey(pattern.formatted(n + 1))) {
      n++;
    }
    return n;
  }

  private static Shape shape(Map<String, Tensor> state, String name) {
    @Nullable Tensor tensor = state.get(name);
    if (tensor == null || tensor.rank() != 4) {
      String part = name.substring(0, name.indexOf('.'));
      throw new IllegalArgumentException("the %s is missing, or has no %s".formatted(part, name));
    }
    return tensor.shape();
  }
}

package smalti.dalle.plan;

import java.util.LinkedHashMap;
import java.util.Map;
import smalti.dalle.transformer.TransformerConfig;

/// Counts the parameters of a transformer by part.
///
/// @param core matrices of the residual branches, `12·C²` a block: what is kept in 16 bits, sharded
///   and compressed
/// @param rest gains, biases, embeddings and output matrices: kept in 32 bits
/// @param parts all of them by name
public record ParameterCount(long core, long rest, Map<String, Long> parts) {

  /// Counts.
  public static ParameterCount of(TransformerConfig c) {
    long width = c.width();
    long layers = c.layers();
    boolean tied = c.style().tiedOutput();
    Map<String, Long> parts = new LinkedHashMap<>();
    parts.put("attention", layers * 4 * width * width);
    parts.put("mlp", layers * 8 * width * width);
    // two layer norms, and the biases of q, k, v, the projection and the perceptron
    parts.put("gains_and_biases", (layers * (4 + 4 + 5) + 2) * width);
    parts.put("text_embedding", c.textVocabulary() * width);
    parts.put("image_embedding", c.imageVocabulary() * width);
    parts.put("pads", c.textLength() * width);
    parts.put("positions", (c.textLength() + 2L * c.gridSize()) * width);
    parts.put("start_symbols", 2 * width);
    parts.put("text_output", c.textClasses() * ((tied ? 0 : width) + 1));
    parts.put("image_output", c.imageVocabulary() * ((tied ? 0 : width) + 1));
    long core = layers * 12 * width * width;
    long all = parts.values().stream().mapToLong(Long::longValue).sum();
    return new ParameterCount(core, all - core, parts);
  }

  /// Returns the number of all parameters.
  public long total() {
    return core + rest;
  }
}

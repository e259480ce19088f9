package smalti.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import smalti.dalle.transformer.LayerPlan;
import smalti.dalle.transformer.TransformerConfig;
import smalti.dalle.vae.VaeConfig;
import smalti.tensor.AttentionPattern;

/// Says in words of JSON what a piece of work is, for `pytorch.py`.
final class PyTorchWork {
  private PyTorchWork() {}

  /// Returns whether the script does such work: not samplings, nor stacks of attention.
  static boolean isThere(Work work) {
    return !(work instanceof Work.Sample || work instanceof Work.AttentionLayers);
  }

  static Map<String, Object> of(Work work) {
    Map<String, Object> said = new LinkedHashMap<>();
    said.put("name", work.name());
    switch (work) {
      case Work.Sgemm w -> {
        said.put("work", "sgemm");
        said.putAll(Map.of("m", w.m(), "n", w.n(), "k", w.k()));
        said.putAll(Map.of("transA", w.transA(), "transB", w.transB()));
      }
      case Work.Conv w -> {
        said.put("work", "conv");
        said.putAll(Map.of("batch", w.batch(), "in", w.in(), "out", w.out()));
        said.putAll(Map.of("kernel", w.kernel(), "side", w.side()));
      }
      case Work.Attention w -> {
        said.put("work", "attention");
        said.putAll(Map.of("batch", w.batch(), "heads", w.heads(), "length", w.length()));
        said.putAll(Map.of("width", w.width(), "mask", mask(w.pattern(), w.length())));
      }
      case Work.Rows w -> {
        said.put("work", "rows");
        said.put("kind", w.kind().name().toLowerCase(Locale.ROOT));
        said.putAll(Map.of("rows", w.rows(), "columns", w.columns()));
      }
      case Work.AdamW w -> {
        said.put("work", "adamw");
        said.putAll(Map.of("tensors", w.tensors(), "size", w.size()));
      }
      case Work.TransformerStep w -> transformer(w, said);
      case Work.VaeStep w -> vae(w, said);
      case Work.AttentionLayers _, Work.Sample _ ->
          throw new IllegalArgumentException(work.name() + ": pytorch.py does no such work");
    }
    return said;
  }

  /// Returns a line for each query with a 1 for each key that it sees; none where plain causality
  /// says it all.
  private static List<String> mask(AttentionPattern pattern, int length) {
    List<String> rows = new ArrayList<>();
    for (int q = 0; q < length && !(pattern instanceof AttentionPattern.Causal); q++) {
      StringBuilder row = new StringBuilder(length);
      for (int k = 0; k < length; k++) {
        row.append(pattern.allows(q, k) ? '1' : '0');
      }
      rows.add(row.toString());
    }
    return rows;
  }

  private static void transformer(Work.TransformerStep w, Map<String, Object> said) {
    TransformerConfig c = w.config();
    List<AttentionPattern> plan = LayerPlan.of(c);
    List<AttentionPattern> patterns = plan.stream().distinct().toList();
    said.put("work", "transformer");
    said.put("masks", patterns.stream().map(p -> mask(p, c.length())).toList());
    said.put("maskOfLayer", plan.stream().map(patterns::indexOf).toList());
    said.putAll(Map.of("batch", w.batch(), "width", c.width(), "heads", c.heads()));
    said.putAll(Map.of("textLength", c.textLength(), "textClasses", c.textClasses()));
    said.putAll(Map.of("textVocabulary", c.textVocabulary(), "grid", c.gridSize()));
    said.put("imageVocabulary", c.imageVocabulary());
  }

  private static void vae(Work.VaeStep w, Map<String, Object> said) {
    VaeConfig c = w.config();
    said.put("work", "vae");
    said.putAll(Map.of("batch", w.batch(), "side", c.imageSize(), "groups", c.groups()));
    said.putAll(Map.of("blocks", c.blocksPerGroup(), "hidden", c.hidden()));
    said.putAll(Map.of("inputKernel", c.inputKernel(), "codeWidth", c.codeWidth()));
    said.putAll(Map.of("vocabulary", c.vocabulary(), "gain", c.scales().encoderGain()));
    said.put("beta", Work.VaeStep.BETA / (3.0 * c.factor() * c.factor()));
  }
}

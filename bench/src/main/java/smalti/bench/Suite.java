package smalti.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import smalti.dalle.transformer.LayerPlan;
import smalti.dalle.transformer.TransformerConfig;
import smalti.dalle.vae.VaeConfig;
import smalti.tensor.AttentionPattern;

/// Lists the work.
public final class Suite {
  /// Says how much of the work is done.
  public enum Extent {
    /// A few of each kind.
    QUICK,
    /// All but how cost grows.
    FULL,
    /// Also how cost grows with length, picture and batch.
    GROWTH
  }

  private static final int LAYERS = 8;
  private static final int WIDTH = 256;
  private static final int HEADS = 8;
  private static final int VOCABULARY = 512;

  private final Map<String, Work> all = new LinkedHashMap<>();
  private final List<String> quick = new ArrayList<>();
  private final List<String> growth = new ArrayList<>();

  /// Makes the list.
  public Suite() {
    sgemm();
    conv();
    attention();
    rows();
    steps();
    sampling();
    growth();
  }

  /// Returns work by name.
  ///
  /// @throws IllegalArgumentException if there is none
  public Work named(String name) {
    Work work = all.get(name);
    if (work == null) {
      throw new IllegalArgumentException("bench: no work is named " + name);
    }
    return work;
  }

  /// Returns the work of an extent whose name contains one of the filters, all where there are
  /// none.
  public List<Work> select(Extent extent, List<String> filters) {
    List<Work> chosen = new ArrayList<>();
    for (String name : all.keySet()) {
      boolean in =
          switch (extent) {
            case QUICK -> quick.contains(name);
            case FULL -> !growth.contains(name);
            case GROWTH -> true;
          };
      if (in && (filters.isEmpty() || filters.stream().anyMatch(name::contains))) {
        chosen.add(all.get(name));
      }
    }
    return chosen;
  }

  /// Returns all names.
  public List<String> names() {
    return List.copyOf(all.keySet());
  }

  private void add(boolean isQuick, Work work) {
    String name = work.name();
    if (all.putIfAbsent(name, work) == null && isQuick) {
      quick.add(name);
    }
  }

  private void grow(Work work) {
    if (all.putIfAbsent(work.name(), work) == null) {
      growth.add(work.name());
    }
  }

  private void sgemm() {
    for (int n : new int[] {128, 256, 512, 1024, 2048}) {
      add(n == 1024, new Work.Sgemm(n, n, n, false, false));
    }
    add(false, new Work.Sgemm(512, 512, 512, true, false));
    add(false, new Work.Sgemm(512, 512, 512, false, true));
    add(false, new Work.Sgemm(512, 512, 512, true, true));
    linear(true, 704, 192, 768);
    linear(false, 768, 256, 768); // queries, keys, values: 8 streams of 96
    linear(false, 2560, 256, 1024); // perceptron: 8 streams of 320
    linear(false, 2560, 1024, 256);
    linear(false, 2048, 256, VOCABULARY); // scores of image tokens
    add(false, new Work.Sgemm(1, 768, 256, false, true)); // sampling
    add(false, new Work.Sgemm(32, 768, 256, false, true));
  }

  /// Adds the three products of a linear layer: forward, gradient of the input, of the weight.
  private void linear(boolean isQuick, int rows, int in, int out) {
    add(isQuick, new Work.Sgemm(rows, out, in, false, true));
    add(false, new Work.Sgemm(rows, in, out, false, false));
    add(false, new Work.Sgemm(out, in, rows, true, false));
  }

  private void conv() {
    for (int hidden : new int[] {32, 64}) {
      for (int side : new int[] {32, 64}) {
        boolean isQuick = hidden == 32 && side == 32;
        int inner = hidden / 4;
        add(false, new Work.Conv(16, 3, hidden, 7, side));
        add(isQuick, new Work.Conv(16, hidden, inner, 3, side));
        add(false, new Work.Conv(16, inner, inner, 3, side));
        add(isQuick, new Work.Conv(16, inner, hidden, 1, side));
        add(false, new Work.Conv(16, inner, hidden, 3, side));
        add(false, new Work.Conv(16, 4 * hidden, hidden, 3, side / 4));
        add(false, new Work.Conv(16, hidden, hidden, 3, side / 4));
        add(false, new Work.Conv(16, hidden, 4 * hidden, 1, side / 4));
        add(false, new Work.Conv(16, hidden, 6, 1, side));
      }
    }
  }

  private void attention() {
    add(false, attention(8, 96, new AttentionPattern.Causal(), "causal"));
    add(true, attention(8, 320, new AttentionPattern.Causal(), "causal"));
    add(false, attention(1, 1280, new AttentionPattern.Causal(), "causal"));
    add(true, attention(1, 1280, new AttentionPattern.Row(256, 32), "row"));
    add(false, attention(1, 1280, new AttentionPattern.Column(256, 32), "column"));
    add(false, attention(1, 1280, new AttentionPattern.Conv(256, 32, 11), "conv"));
    TransformerConfig paper = transformer(256, 32, 64, 11, TransformerConfig.Attention.SPARSE);
    add(
        false,
        new Work.AttentionLayers(
            LayerPlan.of(paper).stream().map(p -> attention(1, 1280, p, "paper")).toList()));
  }

  private static Work.Attention attention(
      int batch, int length, AttentionPattern pattern, String label) {
    return new Work.Attention(batch, HEADS, length, WIDTH / HEADS, pattern, label);
  }

  private void rows() {
    for (Work.Rows.Kind kind : Work.Rows.Kind.values()) {
      switch (kind) {
        case SOFTMAX, XENT -> {
          add(false, new Work.Rows(kind, 1024, VOCABULARY));
          add(true, new Work.Rows(kind, 4096, VOCABULARY));
        }
        case LAYERNORM -> add(true, new Work.Rows(kind, 2560, WIDTH));
        case GELU -> add(true, new Work.Rows(kind, 2560, 4 * WIDTH));
      }
      add(false, new Work.Rows(kind, 16384, 1024));
    }
    add(true, new Work.AdamW(100, 65_536));
  }

  private void steps() {
    for (boolean large : new boolean[] {false, true}) {
      add(
          !large,
          new Work.TransformerStep(transformer(large, TransformerConfig.Attention.FULL), 8));
      add(
          false,
          new Work.TransformerStep(transformer(large, TransformerConfig.Attention.SPARSE), 8));
    }
    for (int side : new int[] {32, 64}) {
      for (int hidden : new int[] {32, 64}) {
        add(side == 32 && hidden == 32, new Work.VaeStep(vae(side, hidden), 16));
      }
    }
  }

  private void sampling() {
    for (boolean large : new boolean[] {false, true}) {
      for (int candidates : new int[] {1, 32}) {
        boolean isQuick = !large && candidates == 1;
        add(
            isQuick,
            new Work.Sample(transformer(large, TransformerConfig.Attention.SPARSE), candidates));
        add(
            false,
            new Work.Sample(transformer(large, TransformerConfig.Attention.FULL), candidates));
      }
    }
  }

  private void growth() {
    for (int length = 256; length <= 4096; length *= 2) {
      int grid = (int) Math.sqrt(length * 0.8);
      grow(attention(1, length, new AttentionPattern.Causal(), "causal"));
      grow(attention(1, length, new AttentionPattern.Row(length - grid * grid, grid), "row"));
      for (TransformerConfig.Attention a : TransformerConfig.Attention.values()) {
        grow(new Work.TransformerStep(transformer(length - grid * grid, grid, a), 1));
      }
    }
    for (int batch : new int[] {1, 2, 4, 16}) {
      TransformerConfig c = transformer(true, TransformerConfig.Attention.FULL);
      grow(new Work.TransformerStep(c, batch));
      grow(new Work.VaeStep(vae(32, 32), batch));
    }
    for (int side : new int[] {16, 32, 64, 128}) {
      grow(new Work.VaeStep(vae(side, 32), 4)); // 128 px of batch 16 would want 10 GB
    }
  }

  /// Returns the transformer of 96 positions (32 text, 8×8 image), or of 320 (64 text, 16×16
  /// image).
  static TransformerConfig transformer(boolean large, TransformerConfig.Attention attention) {
    return large ? transformer(64, 16, attention) : transformer(32, 8, attention);
  }

  private static TransformerConfig transformer(
      int text, int grid, TransformerConfig.Attention attention) {
    return transformer(text, grid, LAYERS, 5, attention);
  }

  private static TransformerConfig transformer(
      int text, int grid, int layers, int convKernel, TransformerConfig.Attention attention) {
    return new TransformerConfig(
        text, 1024, grid, VOCABULARY, WIDTH, layers, HEADS, attention, convKernel, 0, 0);
  }

  private static VaeConfig vae(int side, int hidden) {
    int groups = 3;
    int blocks = 2;
    return new VaeConfig(
        side,
        groups,
        blocks,
        hidden,
        7,
        64,
        VOCABULARY,
        VaeConfig.Scales.published(groups * blocks, VOCABULARY));
  }
}

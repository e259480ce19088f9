package smalti.dalle.transformer;

import java.util.ArrayList;
import java.util.List;
import smalti.tensor.AttentionPattern;

/// Says which attention pattern each layer has (Ramesh et al. 2021, appendix B.1): the last is
/// convolutional; layer `i`, from 1, is a column layer where `(i − 2) mod 4 = 0`; all others are
/// row layers. Depth 64 has 47 row, 16 column and 1 convolutional layers.
public final class LayerPlan {
  private LayerPlan() {}

  /// Returns the pattern of each layer of a stack.
  public static List<AttentionPattern> of(TransformerConfig c) {
    List<AttentionPattern> plan = new ArrayList<>();
    for (int i = 1; i <= c.layers(); i++) {
      plan.add(pattern(c, i));
    }
    return plan;
  }

  private static AttentionPattern pattern(TransformerConfig c, int layer) {
    if (c.attention() == TransformerConfig.Attention.FULL) {
      return new AttentionPattern.Causal();
    }
    if (layer == c.layers()) {
      return c.style().convWraps()
          ? new AttentionPattern.Conv(c.textLength(), c.gridSize(), c.convKernel())
          : new AttentionPattern.Neighbourhood(c.textLength(), c.gridSize(), c.convKernel());
    }
    if ((layer - 2) % 4 != 0) {
      return new AttentionPattern.Row(c.textLength(), c.gridSize());
    }
    return c.style().transposedColumns()
        ? new AttentionPattern.TransposedColumn(c.textLength(), c.gridSize())
        : new AttentionPattern.Column(c.textLength(), c.gridSize());
  }
}

package smalti.dalle.transformer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import smalti.tensor.AttentionPattern;

final class LayerPlanTest {

  private static List<AttentionPattern> plan(int layers, TransformerConfig.Attention attention) {
    return LayerPlan.of(
        new TransformerConfig(256, 16_384, 32, 8192, 3968, layers, 62, attention, 11, 0, 0));
  }

  @Test
  void thePapersDepthHas47RowLayers16ColumnLayersAndOneConvolutionalLayer() {
    List<AttentionPattern> plan = plan(64, TransformerConfig.Attention.SPARSE);
    assertThat(plan.stream().collect(Collectors.groupingBy(p -> p, Collectors.counting())))
        .containsEntry(new AttentionPattern.Row(256, 32), 47L)
        .containsEntry(new AttentionPattern.Column(256, 32), 16L)
        .containsEntry(new AttentionPattern.Conv(256, 32, 11), 1L)
        .hasSize(3);
    assertThat(plan.getLast()).isInstanceOf(AttentionPattern.Conv.class);
  }

  @Test
  void theOrderIsRowColumnRowRow() {
    String letters =
        plan(11, TransformerConfig.Attention.SPARSE).stream()
            .map(p -> p.getClass().getSimpleName().substring(0, 1))
            .collect(Collectors.joining());
    // C at the end is the convolutional layer, the other Cs are column layers
    assertThat(letters).isEqualTo("RCRRRCRRRCC");
    assertThat(plan(2, TransformerConfig.Attention.SPARSE).getLast())
        .as("the last layer is convolutional also where it would be a column layer")
        .isInstanceOf(AttentionPattern.Conv.class);
  }

  @Test
  void fullStacksAreCausalThroughout() {
    assertThat(plan(3, TransformerConfig.Attention.FULL))
        .containsOnly(new AttentionPattern.Causal())
        .hasSize(3);
  }
}

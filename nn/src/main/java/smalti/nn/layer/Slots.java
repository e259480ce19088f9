package smalti.nn.layer;

import java.util.ArrayList;
import java.util.List;
import smalti.tensor.AttentionPattern;

/// Says in which slot of a [KeyValueCache] a position's key and value lie, counted after the
/// prefix, and which slots a position sees. A slot is written again when nobody sees its position
/// any more.
///
/// @param pattern the layer's
/// @param count the number of slots
/// @param positions the number of positions that will come
record Slots(AttentionPattern pattern, int count, int positions) {

  /// Is a run of slots `[start, end)`.
  record Run(int start, int end) {}

  /// Returns the slots that a pattern needs.
  ///
  /// @throws IllegalArgumentException if the pattern's text is not the prefix
  static Slots of(AttentionPattern pattern, int prefix, int capacity) {
    int text =
        switch (pattern) {
          case AttentionPattern.Full p -> prefix;
          case AttentionPattern.Causal p -> prefix;
          case AttentionPattern.Row p -> p.textLength();
          case AttentionPattern.Column p -> p.textLength();
          case AttentionPattern.TransposedColumn p -> p.textLength();
          case AttentionPattern.Conv p -> p.textLength();
          case AttentionPattern.Neighbourhood p -> p.textLength();
        };
    if (text != prefix || prefix > capacity) {
      throw new IllegalArgumentException(
          "KeyValueCache: a prefix of %d does not fit %s and a capacity of %d"
              .formatted(prefix, pattern, capacity));
    }
    int positions = capacity - prefix;
    int count =
        switch (pattern) {
          case AttentionPattern.Full p -> positions;
          case AttentionPattern.Causal p -> positions;
          case AttentionPattern.Row p -> Math.min(positions, p.width() + 1);
          case AttentionPattern.Column p -> p.width() * height(positions, p.width());
          case AttentionPattern.TransposedColumn p -> positions;
          case AttentionPattern.Conv p -> lastRows(positions, p.width(), p.kernel());
          case AttentionPattern.Neighbourhood p -> lastRows(positions, p.width(), p.kernel());
        };
    return new Slots(pattern, count, positions);
  }

  private static int lastRows(int positions, int width, int kernel) {
    return width * Math.min(height(positions, width), kernel / 2 + 1);
  }

  private static int height(int positions, int width) {
    return (positions + width - 1) / width;
  }

  /// Returns the slot of a position: row patterns count around, columns lie in one piece each, and
  /// convolutional ones keep the last rows of the grid.
  int slot(int position) {
    return switch (pattern) {
      case AttentionPattern.Full p -> position;
      case AttentionPattern.Causal p -> position;
      case AttentionPattern.Row p -> position % count;
      case AttentionPattern.Column p ->
          position % p.width() * height(positions, p.width()) + position / p.width();
      case AttentionPattern.TransposedColumn p -> position;
      case AttentionPattern.Conv p -> position % count;
      case AttentionPattern.Neighbourhood p -> position % count;
    };
  }

  /// Returns the slots that a position sees when it has been written, in order.
  List<Run> seen(int position) {
    return switch (pattern) {
      case AttentionPattern.Full p -> List.of(new Run(0, position + 1));
      case AttentionPattern.Causal p -> List.of(new Run(0, position + 1));
      case AttentionPattern.Row p -> List.of(new Run(0, Math.min(count, position + 1)));
      case AttentionPattern.Column p -> {
        int end = slot(position) + 1;
        yield List.of(new Run(end - 1 - position / p.width(), end));
      }
      case AttentionPattern.TransposedColumn p ->
          List.of(new Run(position - position % p.height(), position + 1));
      case AttentionPattern.Conv p -> seen(p.textLength(), position);
      case AttentionPattern.Neighbourhood p -> seen(p.textLength(), position);
    };
  }

  /// Asks the pattern about each slot's latest position.
  private List<Run> seen(int text, int position) {
    List<Run> runs = new ArrayList<>();
    int start = -1;
    for (int slot = 0; slot <= count; slot++) {
      int latest = position - Math.floorMod(position - slot, count);
      boolean sees = slot < count && latest >= 0 && pattern.allows(text + position, text + latest);
      if (sees && start < 0) {
        start = slot;
      } else if (!sees && start >= 0) {
        runs.add(new Run(start, slot));
        start = -1;
      }
    }
    return runs;
  }
}

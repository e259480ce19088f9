package smalti.tensor;

import java.util.Arrays;

/// Says which earlier positions a position attends to. [#allows] is the definition that every fast
/// path is tested against.
///
/// The sparse patterns are those of DALL·E (2021), figure 11: positions `0 … textLength − 1` are
/// text, the others image tokens in raster order on a grid `width` wide. Text is plainly causal,
/// every image position sees all of the text, and image sees image as the pattern says. With image
/// indices `q ≥ s` and `d = q − s`: row `d ≤ W`; column `d mod W = 0`; convolutional `d < W·(r +
/// 1)` and (`d mod W ≤ r` or `d mod W ≥ W − r`), which wraps around at the edges as the figure
/// does.
public sealed interface AttentionPattern {

  /// Returns whether the query at one position sees the key at another.
  boolean allows(int query, int key);

  /// Returns positions `0 … n − 1` in an order that puts side by side what belongs together, so
  /// that fast paths compute few pairs that do not see each other: by columns where a pattern goes
  /// by columns, otherwise as they come.
  default int[] order(int n) {
    int[] order = new int[n];
    Arrays.setAll(order, i -> i);
    return order;
  }

  /// Lets every position see every other: encoders, cross-attention.
  record Full() implements AttentionPattern {
    @Override
    public boolean allows(int query, int key) {
      return true;
    }
  }

  /// Lets every position see itself and all before it.
  record Causal() implements AttentionPattern {
    @Override
    public boolean allows(int query, int key) {
      return key <= query;
    }
  }

  /// Lets an image position see itself and the `width` image positions before it.
  ///
  /// @param textLength number of text positions
  /// @param width width of the image grid
  record Row(int textLength, int width) implements AttentionPattern {
    /// Checks the sizes.
    public Row {
      check(textLength, width);
    }

    @Override
    public boolean allows(int query, int key) {
      return key <= query && (key < textLength || query - key <= width);
    }
  }

  /// Lets an image position see its own column, itself and above.
  ///
  /// @param textLength number of text positions
  /// @param width width of the image grid
  record Column(int textLength, int width) implements AttentionPattern {
    /// Checks the sizes.
    public Column {
      check(textLength, width);
    }

    @Override
    public boolean allows(int query, int key) {
      return key <= query && (key < textLength || (query - key) % width == 0);
    }

    @Override
    public int[] order(int n) {
      int[] order = AttentionPattern.super.order(n);
      int at = Math.min(n, textLength);
      for (int c = 0; c < width; c++) {
        for (int i = textLength + c; i < n; i += width) {
          order[at++] = i;
        }
      }
      return order;
    }
  }

  /// Lets an image position see a causal `kernel × kernel` neighbourhood that wraps around.
  ///
  /// @param textLength number of text positions
  /// @param width width of the image grid
  /// @param kernel side of the neighbourhood, odd
  record Conv(int textLength, int width, int kernel) implements AttentionPattern {
    /// Checks the sizes.
    public Conv {
      check(textLength, width);
      if (kernel < 1 || kernel % 2 == 0) {
        throw new IllegalArgumentException("Conv: the kernel must be odd; got " + kernel);
      }
    }

    @Override
    public boolean allows(int query, int key) {
      if (key > query) {
        return false;
      }
      if (key < textLength) {
        return true;
      }
      int r = kernel / 2;
      int d = query - key;
      return d < width * (r + 1) && (d % width <= r || d % width >= width - r);
    }
  }

  /// Lets an image position see its own column, itself and above, where image positions are in
  /// column-first order: the same pairs as [Column], but each column is one run of positions
  /// (figure 11, "column with transposed image states").
  ///
  /// @param textLength number of text positions
  /// @param height height of the image grid
  record TransposedColumn(int textLength, int height) implements AttentionPattern {
    /// Checks the sizes.
    public TransposedColumn {
      check(textLength, height);
    }

    @Override
    public boolean allows(int query, int key) {
      return key <= query
          && (key < textLength || (query - textLength) / height == (key - textLength) / height);
    }
  }

  /// Lets an image position see a causal `kernel × kernel` neighbourhood that ends at the edges of
  /// the grid: [Conv] without its wrapping around.
  ///
  /// @param textLength number of text positions
  /// @param width width of the image grid
  /// @param kernel side of the neighbourhood, odd
  record Neighbourhood(int textLength, int width, int kernel) implements AttentionPattern {
    /// Checks the sizes.
    public Neighbourhood {
      check(textLength, width);
      if (kernel < 1 || kernel % 2 == 0) {
        throw new IllegalArgumentException("Neighbourhood: the kernel must be odd; got " + kernel);
      }
    }

    @Override
    public boolean allows(int query, int key) {
      if (key > query) {
        return false;
      }
      if (key < textLength) {
        return true;
      }
      int q = query - textLength;
      int k = key - textLength;
      int r = kernel / 2;
      return q / width - k / width <= r && Math.abs(q % width - k % width) <= r;
    }
  }

  private static void check(int textLength, int width) {
    if (textLength < 0 || width < 1) {
      throw new IllegalArgumentException(
          "attention pattern: textLength %d must not be negative, width %d must be positive"
              .formatted(textLength, width));
    }
  }
}

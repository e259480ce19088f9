package smalti.tensor;

import java.util.Locale;

/// Says that shapes do not fit an operation: the operation, the rule broken, the shapes, a hint.
public final class ShapeException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  /// Makes the exception.
  ///
  /// @param message the whole sentence, e.g. `matmul: inner sizes differ; a [8, 64], b [32, 16] (64
  ///   ≠ 32)`
  public ShapeException(String message) {
    super(message);
  }

  /// Makes an exception whose text is built like [String#format].
  public static ShapeException of(String format, Object... arguments) {
    return new ShapeException(String.format(Locale.ROOT, format, arguments));
  }
}

package smalti.dalle.transformer;

/// Says how a whole stream is computed while training; what is computed stays the same.
///
/// @param checkpoint whether each block keeps its input only and is computed again in the backward
///   pass
/// @param precision in which numbers the residual branches compute
/// @param hiding what part of [TransformerConfig#tokenDropout] applies, from 0 to 1
public record Execution(boolean checkpoint, Precision precision, double hiding) {
  private static final Execution PLAIN = new Execution(false, Precision.FP32, 1);

  /// Returns the plain way: nothing is computed twice, all in 32 bits.
  public static Execution plain() {
    return PLAIN;
  }

  /// Returns the way that pays memory back with time.
  public static Execution checkpointed() {
    return new Execution(true, Precision.FP32, 1);
  }

  /// Returns this way with another part of the token dropout.
  public Execution withHiding(double part) {
    return new Execution(checkpoint, precision, part);
  }
}

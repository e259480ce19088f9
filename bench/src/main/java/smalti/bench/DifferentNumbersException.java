package smalti.bench;

/// Is thrown where an implementation's numbers are not ours: comparing its times would be worth
/// nothing.
final class DifferentNumbersException extends RuntimeException {
  private static final long serialVersionUID = 1;

  DifferentNumbersException(String message) {
    super(message);
  }
}

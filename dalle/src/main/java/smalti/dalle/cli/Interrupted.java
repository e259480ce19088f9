package smalti.dalle.cli;

/// Says that the user stopped the work and that its state is saved.
final class Interrupted extends RuntimeException {
  private static final long serialVersionUID = 1;

  Interrupted(String message) {
    super(message);
  }
}

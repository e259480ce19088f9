package smalti.dalle.cli;

/// Says what the user can mend, in one line. The program prints it and exits with code 2.
final class UserError extends RuntimeException {
  private static final long serialVersionUID = 1;

  UserError(String message) {
    super(message);
  }
}

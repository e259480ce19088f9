package smalti.tensor.io.torch;

import java.util.Locale;

/// Says why a file is refused, in one sentence without the file's name.
public final class Malformed extends Exception {
  private static final long serialVersionUID = 1;

  private static final int LONGEST = 200;

  private Malformed(String message) {
    super(message);
  }

  static Malformed of(String format, Object... arguments) {
    Object[] shown = new Object[arguments.length];
    for (int i = 0; i < shown.length; i++) {
      shown[i] = arguments[i] instanceof String text ? printable(text) : arguments[i];
    }
    return new Malformed(String.format(Locale.ROOT, format, shown));
  }

  /// Shortens what a file says and takes out what would disturb a terminal.
  private static String printable(String text) {
    String start = text.length() > LONGEST ? text.substring(0, LONGEST) + "…" : text;
    return start.replaceAll("[\\p{Cntrl}\\p{Cs}\\u2028\\u2029]", "?");
  }
}

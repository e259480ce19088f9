package smalti.tensor.io;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Parses the JSON that a safetensors header may hold: objects, arrays, strings and non-negative
/// integers. All else, and a key named twice, is an error.
final class HeaderJson {
  private static final int DEEPEST = 8;

  private final String text;
  private int at;
  private int depth;

  private HeaderJson(String text) {
    this.text = text;
  }

  /// Is a JSON value.
  sealed interface Value {
    /// A string.
    record Text(String value) implements Value {}

    /// A non-negative integer.
    record Whole(long value) implements Value {}

    /// A list of values.
    record Array(List<Value> values) implements Value {}

    /// Named values in their order.
    record Dictionary(Map<String, Value> values) implements Value {}
  }

  /// Says what is wrong, and where.
  static final class JsonException extends Exception {
    private static final long serialVersionUID = 1;

    JsonException(String message) {
      super(message);
    }
  }

  static Value parse(String text) throws JsonException {
    HeaderJson parser = new HeaderJson(text);
    Value value = parser.value();
    parser.skipSpace();
    if (parser.at < text.length()) {
      throw parser.wrong("nothing more");
    }
    return value;
  }

  private Value value() throws JsonException {
    if (++depth > DEEPEST) {
      throw wrong("less nesting");
    }
    char c = peek();
    Value value;
    if (c == '{') {
      value = dictionary();
    } else if (c == '[') {
      value = array();
    } else if (c == '"') {
      value = new Value.Text(string());
    } else if (isDigit(c)) {
      value = whole();
    } else {
      throw wrong("an object, array, string or non-negative integer");
    }
    depth--;
    return value;
  }

  private Value dictionary() throws JsonException {
    Map<String, Value> values = new LinkedHashMap<>();
    expect('{');
    if (!skip('}')) {
      do {
        skipSpace();
        int start = at;
        String key = string();
        expect(':');
        if (values.putIfAbsent(key, value()) != null) {
          at = start;
          throw wrong("a name not used before, found \"" + key + "\" again");
        }
      } while (skip(','));
      expect('}');
    }
    return new Value.Dictionary(values);
  }

  private Value array() throws JsonException {
    List<Value> values = new ArrayList<>();
    expect('[');
    if (!skip(']')) {
      do {
        values.add(value());
      } while (skip(','));
      expect(']');
    }
    return new Value.Array(values);
  }

  private Value whole() throws JsonException {
    int start = at;
    while (at < text.length() && isDigit(text.charAt(at))) {
      at++;
    }
    String digits = text.substring(start, at);
    try {
      if (digits.length() > 1 && digits.charAt(0) == '0') {
        throw new NumberFormatException();
      }
      return new Value.Whole(Long.parseLong(digits));
    } catch (NumberFormatException e) {
      at = start;
      throw wrong("an integer below 2^63 without leading zeros");
    }
  }

  private String string() throws JsonException {
    expect('"');
    StringBuilder out = new StringBuilder();
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c == '"') {
        return out.toString();
      }
      if (c < ' ') {
        at--;
        throw wrong("no control character in a string");
      }
      out.append(c == '\\' ? escaped() : c);
    }
    throw wrong("the end of a string");
  }

  private char escaped() throws JsonException {
    char c = at < text.length() ? text.charAt(at++) : '\0';
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> codeUnit();
      default -> {
        at--;
        throw wrong("an escape of JSON");
      }
    };
  }

  private char codeUnit() throws JsonException {
    int code = 0;
    for (int i = 0; i < 4; i++) {
      int digit = at < text.length() ? Character.digit(text.charAt(at), 16) : -1;
      if (digit < 0 || text.charAt(at) > 'f') {
        throw wrong("four hexadecimal digits");
      }
      code = 16 * code + digit;
      at++;
    }
    return (char) code;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private void skipSpace() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  /// Returns the next character after white space, or 0 at the end.
  private char peek() {
    skipSpace();
    return at < text.length() ? text.charAt(at) : '\0';
  }

  private boolean skip(char c) {
    if (peek() != c) {
      return false;
    }
    at++;
    return true;
  }

  private void expect(char c) throws JsonException {
    if (!skip(c)) {
      throw wrong("'" + c + "'");
    }
  }

  private JsonException wrong(String expected) {
    return new JsonException("at character %d: expected %s".formatted(at, expected));
  }

  /// Writes a string as JSON does, quotes included.
  static String quoted(String value) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ') {
        out.append("\\u%04x".formatted((int) c));
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }
}

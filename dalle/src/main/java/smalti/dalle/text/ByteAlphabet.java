package smalti.dalle.text;

/// Gives each of the 256 bytes a printable character and an id, as GPT-2 does.
///
/// Bytes that are printable in Latin-1 stand for themselves and come first (ids 0..187); the other
/// 68, in rising order, are written as U+0100, U+0101, ... (ids 188..255). The space becomes `Ġ`.
/// That keeps a vocabulary file readable: the token of " red" is written `Ġred`.
final class ByteAlphabet {
  /// Counts the base tokens.
  static final int SIZE = 256;

  private static final char FIRST_STAND_IN = 256;
  private static final char[] CHARACTER_OF_BYTE = new char[SIZE];
  private static final int[] ID_OF_BYTE = new int[SIZE];
  private static final byte[] BYTE_OF_ID = new byte[SIZE];

  static {
    int id = 0;
    for (int b = 0; b < SIZE; b++) {
      if (isPrintable(b)) {
        define(b, (char) b, id++);
      }
    }
    char standIn = FIRST_STAND_IN;
    for (int b = 0; b < SIZE; b++) {
      if (!isPrintable(b)) {
        define(b, standIn++, id++);
      }
    }
  }

  private ByteAlphabet() {}

  /// Says which bytes stand for themselves: Latin-1 without controls, spaces and the soft hyphen.
  private static boolean isPrintable(int b) {
    return (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xFF && b != 0xAD);
  }

  private static void define(int b, char character, int id) {
    CHARACTER_OF_BYTE[b] = character;
    ID_OF_BYTE[b] = id;
    BYTE_OF_ID[id] = (byte) b;
  }

  /// Returns the one-byte token with this id in `[0, 256)`.
  static byte[] token(int id) {
    return new byte[] {BYTE_OF_ID[id]};
  }

  /// Turns bytes into their base ids.
  static int[] ids(byte[] bytes) {
    int[] ids = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      ids[i] = ID_OF_BYTE[bytes[i] & 0xFF];
    }
    return ids;
  }

  /// Writes bytes with one printable character each.
  static String write(byte[] bytes) {
    StringBuilder text = new StringBuilder(bytes.length);
    for (byte b : bytes) {
      text.append(CHARACTER_OF_BYTE[b & 0xFF]);
    }
    return text.toString();
  }
}

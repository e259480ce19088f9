package smalti.dalle.train;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import smalti.tensor.Tensor;

/// Computes SHA-256 of what a run is made from, as hexadecimal text.
final class Fingerprint {
  private static final int CHUNK = 8192;

  private final MessageDigest digest;

  private Fingerprint() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  /// Returns that of named tensors: names, shapes and numbers, in their order.
  static String of(Map<String, Tensor> state) {
    Fingerprint f = new Fingerprint();
    state.forEach((name, t) -> {
      f.add("%s %s\n".formatted(name, t.shape()));
      f.add(t.toFloats());
    });
    return f.text();
  }

  /// Returns that of numbers.
  static String of(float[] numbers) {
    Fingerprint f = new Fingerprint();
    f.add(numbers);
    return f.text();
  }

  /// Returns that of a file.
  ///
  /// @throws IOException if it cannot be read
  static String of(Path file) throws IOException {
    Fingerprint f = new Fingerprint();
    f.digest.update(Files.readAllBytes(file));
    return f.text();
  }

  private void add(String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
  }

  private void add(float[] numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * CHUNK);
    for (int from = 0; from < numbers.length; from += CHUNK) {
      int n = Math.min(CHUNK, numbers.length - from);
      bytes.clear().asFloatBuffer().put(numbers, from, n);
      digest.update(bytes.array(), 0, 4 * n);
    }
  }

  private String text() {
    return HexFormat.of().formatHex(digest.digest());
  }
}

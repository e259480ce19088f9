package smalti.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Times work with PyTorch on the card that is measured, by a Python that has it: the script
/// `pytorch.py`.
///
/// @param settings what computed, in words for people
/// @param milliseconds the time of one run of each piece of work, by name
record PyTorch(String settings, Map<String, Double> milliseconds) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /// Runs the script.
  ///
  /// @param python the Python, as a shell would find it
  /// @param device the device as `smalti devices` describes it
  /// @throws IOException if it cannot run or finds no such card; the message is what it said
  static PyTorch measure(String python, String device, List<Work> works) throws IOException {
    Path errors = Files.createTempFile("smalti-bench", ".err");
    try {
      Process process =
          new ProcessBuilder(python, "-c", script()).redirectError(errors.toFile()).start();
      try (OutputStream in = process.getOutputStream()) {
        in.write(request(device, works).getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        // It ended before it read, and says why.
      }
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IOException(python + ": " + lastLine(Files.readString(errors)));
      }
      return parse(out, works);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(python + ": was interrupted", e);
    } finally {
      Files.deleteIfExists(errors);
    }
  }

  static String script() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(PyTorch.class.getResourceAsStream("pytorch.py"), "pytorch.py")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String lastLine(String text) {
    return text.lines().filter(line -> !line.isBlank()).reduce("failed", (before, last) -> last);
  }

  /// Returns what the script reads; work that it does not do is left out.
  static String request(String device, List<Work> works) throws JsonProcessingException {
    List<Map<String, Object>> asked =
        works.stream().filter(PyTorchWork::isThere).map(PyTorchWork::of).toList();
    return JSON.writeValueAsString(Map.of("device", device, "works", asked));
  }

  /// Reads what the script wrote.
  ///
  /// @throws IOException if a model has not as many parameters as ours
  static PyTorch parse(String out, List<Work> works) throws IOException {
    List<String> lines = out.lines().toList();
    Map<String, Double> milliseconds = new LinkedHashMap<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] words = line.split("\t", -1);
      for (Work work : works) {
        if (work.name().equals(words[0])) {
          requireSame(work, Long.parseLong(words[2]));
        }
      }
      milliseconds.put(words[0], Double.parseDouble(words[1]));
    }
    return new PyTorch(lines.getFirst(), milliseconds);
  }

  /// Requires as many parameters as our model has: a comparison of different models is worth
  /// nothing.
  private static void requireSame(Work work, long theirs) throws IOException {
    long ours =
        switch (work) {
          case Work.TransformerStep w -> Models.transformer(w.config()).parameterCount();
          case Work.VaeStep w -> Models.vae(w.config()).parameterCount();
          default -> 0;
        };
    if (ours != theirs) {
      throw new IOException(
          "%s: PyTorch's model has %d parameters, ours %d".formatted(work.name(), theirs, ours));
    }
  }
}

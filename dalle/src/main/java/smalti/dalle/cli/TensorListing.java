package smalti.dalle.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// Lists tensors: name, dtype, shape and number of elements, with totals, for people and as JSON.
///
/// @param source the file or preset
/// @param format what kind of file it is, or `model`
/// @param parts the tensors, in groups that are summed up
/// @param tensors number of tensors in all
/// @param elements number of elements in all
record TensorListing(String source, String format, List<Part> parts, int tensors, long elements) {

  /// Holds tensors that are summed up together.
  ///
  /// @param name what they are, empty if there is one part only
  /// @param entries the tensors
  /// @param elements number of elements of all
  record Part(String name, List<Row> entries, long elements) {
    Part(String name, List<Row> entries) {
      this(name, entries, entries.stream().mapToLong(Row::elements).sum());
    }
  }

  /// Describes one tensor.
  record Row(String name, String dtype, int[] shape, long elements) {}

  TensorListing(String source, String format, List<Part> parts) {
    this(
        source,
        format,
        parts,
        parts.stream().mapToInt(p -> p.entries().size()).sum(),
        parts.stream().mapToLong(Part::elements).sum());
  }

  String json() {
    try {
      return JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build()
          .writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new AssertionError(e); // records of texts and numbers
    }
  }

  List<String> lines() {
    List<String> lines = new ArrayList<>();
    int width =
        parts.stream()
            .flatMap(p -> p.entries().stream())
            .mapToInt(r -> r.name().length())
            .max()
            .orElse(0);
    for (Part part : parts) {
      for (Row row : part.entries()) {
        String name = row.name() + " ".repeat(width - row.name().length());
        String shape = Arrays.toString(row.shape());
        lines.add(
            String.format(
                Locale.ROOT, "%s  %-4s  %-20s %,12d", name, row.dtype(), shape, row.elements()));
      }
      if (parts.size() > 1) {
        lines.add(sum(part.name(), part.entries().size(), part.elements()));
      }
    }
    lines.add(sum(source + " (" + format + ")", tensors, elements));
    return lines;
  }

  private static String sum(String what, int tensors, long elements) {
    return String.format(Locale.ROOT, "%s: %,d tensors, %,d numbers", what, tensors, elements);
  }
}

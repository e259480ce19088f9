package smalti.dalle.train;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Holds the numbers of every update of a training, and their file: a CSV table with one row for
/// each update and a column `step` first.
public final class History {
  private final List<String> columns = new ArrayList<>();
  private final List<double[]> rows = new ArrayList<>();

  /// Makes an empty history.
  public History() {
    columns.add("step");
  }

  /// Adds an update. The first one names the columns.
  public void add(long step, Map<String, Double> numbers) {
    if (rows.isEmpty() && columns.size() == 1) {
      columns.addAll(numbers.keySet());
    }
    double[] row = new double[columns.size()];
    row[0] = step;
    for (int i = 1; i < row.length; i++) {
      row[i] = numbers.getOrDefault(columns.get(i), Double.NaN);
    }
    rows.add(row);
  }

  /// Returns the names of the columns.
  public List<String> columns() {
    return List.copyOf(columns);
  }

  /// Returns the number of updates.
  public int size() {
    return rows.size();
  }

  /// Returns the numbers of a column.
  ///
  /// @throws IllegalArgumentException if there is no such column
  public double[] column(String name) {
    int at = columns.indexOf(name);
    if (at < 0) {
      throw new IllegalArgumentException("history: no column " + name + " in " + columns);
    }
    return rows.stream().mapToDouble(r -> r[at]).toArray();
  }

  /// Writes the table.
  ///
  /// @throws IOException if the file cannot be written
  public void write(Path file) throws IOException {
    StringBuilder text = new StringBuilder(String.join(",", columns)).append('\n');
    for (double[] row : rows) {
      text.append((long) row[0]);
      for (int i = 1; i < row.length; i++) {
        text.append(',').append(String.format(Locale.ROOT, "%.6g", row[i]));
      }
      text.append('\n');
    }
    RunFolder.writeString(file, text.toString());
  }

  /// Reads a table up to a step; a missing file is an empty history.
  ///
  /// @throws IOException if the file is not such a table
  public static History read(Path file, long upTo) throws IOException {
    History history = new History();
    if (!Files.exists(file)) {
      return history;
    }
    try {
      List<String> lines = Files.readAllLines(file);
      List<String> names = List.of(lines.getFirst().split(","));
      history.columns.addAll(names.subList(1, names.size()));
      for (String line : lines.subList(1, lines.size())) {
        String[] cells = line.split(",");
        double[] row = new double[names.size()];
        for (int i = 0; i < row.length; i++) {
          row[i] = Double.parseDouble(cells[i]);
        }
        if (row[0] <= upTo) {
          history.rows.add(row);
        }
      }
    } catch (CharacterCodingException | RuntimeException e) {
      throw new IOException(file + ": not a table of training numbers", e);
    }
    return history;
  }
}

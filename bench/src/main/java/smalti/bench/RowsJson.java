package smalti.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import smalti.tensor.io.AtomicFile;

/// Writes rows as a JSON list.
final class RowsJson {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private RowsJson() {}

  static void write(List<Row> rows, Path file) throws IOException {
    byte[] bytes = MAPPER.writeValueAsBytes(json(rows));
    AtomicFile.write(file, out -> out.write(bytes));
  }

  static ArrayNode json(List<Row> rows) {
    ArrayNode list = MAPPER.createArrayNode();
    for (Row row : rows) {
      ObjectNode node = list.addObject();
      node.put("name", row.name());
      node.put("threads", row.threads());
      node.put("ours_ms", row.oursMs());
      node.put("peer", row.peer());
      put(node, "peer_ms", row.peerMs());
      put(node, "ratio", row.ratio());
      put(node, "ours_cores", row.oursCores());
      put(node, "peer_cores", row.peerCores());
      if (!row.variant().equals(Task.PLAIN)) {
        node.put("peer_variant", row.variant());
      }
      if (!row.settled()) {
        node.put("settled", false);
      }
      if (!Double.isNaN(row.handoverNs())) {
        node.put("handover_ns", row.handoverNs());
      }
      if (!Double.isNaN(row.roofMs())) {
        node.put("roof_ms", row.roofMs());
      }
      Row.Memory memory = row.memory();
      if (memory != null) {
        put(node, "ours_peak_mb", memory.oursMb());
        put(node, "peer_peak_mb", memory.peerMb());
      }
    }
    return list;
  }

  /// Puts a number, or null for NaN, which JSON has not.
  private static void put(ObjectNode node, String key, double value) {
    if (Double.isNaN(value)) {
      node.putNull(key);
    } else {
      node.put(key, value);
    }
  }
}

package smalti.dalle.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import smalti.dalle.tokens.PaletteConfig;
import smalti.dalle.tokens.TokenKind;
import smalti.dalle.transformer.Style;
import smalti.tensor.io.AtomicFile;

/// Reads and writes the JSON files of a run. What does not fit is refused: unknown fields, missing
/// ones, nulls, other types; but for the fields that [RunConfig] did not always have.
final class JsonFiles {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .build();

  private JsonFiles() {}

  /// Returns the fields that runs of older versions lack, `part/field`, with what those versions
  /// did.
  private static Map<String, Object> newer() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("/tokens", TokenKind.DVAE);
    values.put("/palette", PaletteConfig.standard());
    values.put("vaeRecipe/lrAnneal", 1.0);
    values.put("vaeRecipe/collage", 0);
    values.put("transformer/tokenDropout", 0.0);
    values.put("transformer/style", Style.shallow());
    values.put("dalleRecipe/captionDropout", 0.0);
    values.put("dalleRecipe/tokenDropoutEnd", 1.0);
    values.put("dalleRecipe/atScale", AtScale.off());
    values.put("sampling/guidance", 1.0);
    return values;
  }

  /// Writes an object.
  static void write(Path file, Object value) throws IOException {
    byte[] text = (JSON.writeValueAsString(value) + "\n").getBytes(UTF_8);
    AtomicFile.write(file, out -> out.write(text));
  }

  /// Reads an object.
  ///
  /// @throws IOException if it is missing or damaged
  static <T> T read(Path file, Class<T> type) throws IOException {
    try {
      JsonNode tree = JSON.readTree(Files.readString(file));
      if (tree.isMissingNode() || tree.isNull()) {
        throw new IOException(file + ": damaged: it holds nothing");
      }
      if (type == RunConfig.class && tree instanceof ObjectNode config) {
        complete(config);
      }
      return JSON.treeToValue(tree, type);
    } catch (NoSuchFileException e) {
      throw new IOException(file + ": not found", e);
    } catch (CharacterCodingException e) {
      throw new IOException(file + ": damaged: it is not UTF-8 text", e);
    } catch (JsonProcessingException e) {
      throw new IOException(file + ": " + reason(e), e);
    }
  }

  private static void complete(ObjectNode config) {
    newer()
        .forEach((path, value) -> {
          int slash = path.indexOf('/');
          String field = path.substring(slash + 1);
          JsonNode part = slash == 0 ? config : config.get(path.substring(0, slash));
          if (part instanceof ObjectNode fields && !fields.has(field)) {
            fields.set(field, JSON.valueToTree(value));
          }
        });
  }

  /// Says what is wrong, without the library's advice to programmers.
  private static String reason(JsonProcessingException e) {
    String field = e instanceof JsonMappingException m ? path(m) : "";
    return switch (e) {
      case JsonMappingException m when m.getCause() instanceof IllegalArgumentException bad ->
          String.valueOf(bad.getMessage());
      case UnrecognizedPropertyException _ -> "damaged: there should be no field " + field;
      case MismatchedInputException _ when !field.isEmpty() ->
          "damaged: field %s is missing or does not fit".formatted(field);
      default -> {
        JsonLocation at = e.getLocation();
        yield "damaged: not JSON of the right form, or cut short (line %d)"
            .formatted(at == null ? 1 : Math.max(1, at.getLineNr()));
      }
    };
  }

  private static String path(JsonMappingException e) {
    return e.getPath().stream()
        .map(JsonMappingException.Reference::getFieldName)
        .filter(Objects::nonNull)
        .collect(Collectors.joining("."));
  }
}

package smalti.dalle.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import smalti.tensor.Random;

/// Holds the 1,911 Noto emoji without skin-tone variants, embedded in the program.
///
/// The pictures are cut from one published sheet of 64 × 64 sprites, over white, and brought to the
/// wanted size by area. Captions come from the names, keywords and groups of the data, drawn from
/// several templates. A tenth is held out, motif by motif in the order of a hash of the code
/// points; the variants of a motif (man, woman, person running) are always on the same side.
/// Sources and licences stand in the NOTICE file.
public final class EmojiData implements CaptionedData {
  /// The name that the command line knows this set by.
  public static final String NAME = "emoji";

  /// The share of emoji that is held out.
  public static final double HELD_OUT = 0.1;

  private static final int SPRITE = 64;
  private static final int BORDER = 1;
  private static final int MOST_SIZE = 256;

  /// Known to everybody, and therefore shown first.
  private static final List<String> FAMILIAR =
      List.of(
          "grinning face",
          "red heart",
          "red apple",
          "cat face",
          "pizza",
          "sun",
          "rainbow",
          "rocket",
          "flag of japan",
          "soccer ball",
          "penguin",
          "rose",
          "green apple",
          "dog face",
          "octopus",
          "full moon",
          "police car",
          "snowman",
          "banana",
          "butterfly");

  private final int pictureSize;
  private final List<Emoji> emoji;
  private final List<Example> examples;
  private final List<Split> splits;

  private EmojiData(int pictureSize, List<Emoji> emoji, List<Picture> pictures) {
    this.pictureSize = pictureSize;
    this.emoji = List.copyOf(emoji);
    this.examples =
        IntStream.range(0, emoji.size())
            .mapToObj(i -> example(emoji.get(i), pictures.get(i)))
            .toList();
    Set<String> heldOut = heldOutMotifs(emoji);
    this.splits =
        emoji.stream()
            .map(one -> heldOut.contains(one.motif()) ? Split.HELD_OUT : Split.TRAIN)
            .toList();
  }

  private static Example example(Emoji emoji, Picture picture) {
    return new Example(picture, emoji.name(), emoji.group(), emoji.captions());
  }

  /// Takes motifs in the order of their hashes until they make up the share.
  private static Set<String> heldOutMotifs(List<Emoji> emoji) {
    Map<String, Long> motifs =
        emoji.stream().collect(Collectors.groupingBy(Emoji::motif, Collectors.counting()));
    List<String> order =
        motifs.keySet().stream()
            .sorted(Comparator.comparingDouble(motif -> StableHash.fraction("emoji " + motif)))
            .toList();
    Set<String> heldOut = new HashSet<>();
    long count = 0;
    for (String motif : order) {
      if (count >= HELD_OUT * emoji.size()) {
        break;
      }
      heldOut.add(motif);
      count += motifs.getOrDefault(motif, 0L);
    }
    return heldOut;
  }

  /// Loads the set with pictures of the given width and height.
  ///
  /// @throws IllegalArgumentException when the size is not in `[8, 256]`
  public static EmojiData of(int pictureSize) {
    if (pictureSize < 8 || pictureSize > MOST_SIZE) {
      throw new IllegalArgumentException(
          "Emoji can be had from 8 to %d pixels wide; got %d.".formatted(MOST_SIZE, pictureSize));
    }
    try {
      BufferedImage sheet = sheet();
      List<JsonNode> rows = new ArrayList<>();
      rows().forEach(rows::add);
      List<Picture> pictures =
          rows.parallelStream()
              .map(row -> sprite(sheet, row).resizeArea(pictureSize, pictureSize))
              .toList();
      return new EmojiData(pictureSize, rows.stream().map(EmojiData::parse).toList(), pictures);
    } catch (IOException e) {
      throw new IllegalStateException(
          "The embedded emoji cannot be read; the program is damaged.", e);
    }
  }

  private static Picture sprite(BufferedImage sheet, JsonNode row) {
    int x = row.path("x").asInt() * (SPRITE + 2 * BORDER) + BORDER;
    int y = row.path("y").asInt() * (SPRITE + 2 * BORDER) + BORDER;
    return Pixels.toPicture(sheet, x, y, SPRITE, SPRITE);
  }

  private static Emoji parse(JsonNode row) {
    List<String> keywords = new ArrayList<>();
    row.path("keywords").forEach(keyword -> keywords.add(keyword.asText()));
    return Emoji.of(
        row.path("code").asText(),
        row.path("name").asText(),
        keywords,
        row.path("group").asText(),
        row.path("subgroup").asText());
  }

  private static JsonNode rows() throws IOException {
    try (InputStream in = open("emoji.json")) {
      return new ObjectMapper().readTree(in);
    }
  }

  /// Reads the whole sheet, transparent around the emoji.
  static BufferedImage sheet() throws IOException {
    try (InputStream in = open("sheet-64.png")) {
      BufferedImage sheet = ImageIO.read(in);
      if (sheet == null) {
        throw new IOException("The sheet of emoji is no image.");
      }
      return sheet;
    }
  }

  private static InputStream open(String resource) throws IOException {
    InputStream in = EmojiData.class.getResourceAsStream("emoji/" + resource);
    if (in == null) {
      throw new IOException("The resource emoji/" + resource + " is missing.");
    }
    return in;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int pictureSize() {
    return pictureSize;
  }

  @Override
  public int size() {
    return examples.size();
  }

  /// Returns one example; its concept is the emoji's name, its group the wide class.
  @Override
  public Example example(int index) {
    return examples.get(Objects.checkIndex(index, examples.size()));
  }

  @Override
  public Split split(int index) {
    return splits.get(Objects.checkIndex(index, splits.size()));
  }

  /// Returns the emoji of an example, with its keywords and both of its groups.
  public Emoji emoji(int index) {
    return emoji.get(Objects.checkIndex(index, emoji.size()));
  }

  /// Draws a caption: three times in four the plain name, else a template, with one or two of the
  /// keywords where it has room for them.
  @Override
  public String caption(int index, Random random) {
    return emoji(index).caption(random);
  }

  /// Chooses examples to show: those that everybody knows, then a mixture.
  @Override
  public int[] showcase(Split split, int count) {
    Map<String, Integer> numbers = new HashMap<>();
    for (int i = 0; i < size(); i++) {
      if (split(i) == split) {
        numbers.put(emoji(i).name(), i);
      }
    }
    Set<Integer> shown = new LinkedHashSet<>();
    for (String name : FAMILIAR) {
      Integer number = numbers.get(name);
      if (number != null) {
        shown.add(number);
      }
    }
    for (int index : CaptionedData.super.showcase(split, size())) {
      shown.add(index);
    }
    return shown.stream().limit(count).mapToInt(Integer::intValue).toArray();
  }
}

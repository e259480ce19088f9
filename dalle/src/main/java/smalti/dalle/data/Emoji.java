package smalti.dalle.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import smalti.tensor.Random;

/// Describes an emoji and puts it into words.
///
/// @param code its code points in hexadecimal, such as `1F600` or `1F468-200D-1F373`
/// @param name its English name, lower case, such as `grinning face` or `flag of egypt`
/// @param keywords words for it beyond its name; may be empty
/// @param group the wide class, such as `smileys & emotion`
/// @param subgroup the narrow class, such as `face smiling`
public record Emoji(
    String code, String name, List<String> keywords, String group, String subgroup) {
  /// Code points that only vary a motif: the selector of colour, the joiner, the two signs of sex
  /// and the arrow to the right.
  private static final Set<String> VARYING = Set.of("FE0F", "200D", "2640", "2642", "27A1");

  /// Man, woman, boy, girl; they stand for a person or a child.
  private static final Set<String> GROWN = Set.of("1F468", "1F469", "1F9D1");

  private static final Set<String> YOUNG = Set.of("1F466", "1F467", "1F9D2");

  /// Groups whose names are mostly things that one can count, and so take an article.
  private static final Set<String> COUNTED =
      Set.of(
          "smileys & emotion", "people & body", "animals & nature", "travel & places", "objects");

  /// Makes an emoji from the name as the data gives it.
  ///
  /// Flags (`flag: egypt`) become `flag of egypt`; people (`man: red hair`) `man with red hair`;
  /// other colons go, with a comma in their place.
  static Emoji of(String code, String label, List<String> keywords, String group, String subgroup) {
    return new Emoji(code, spoken(label), List.copyOf(keywords), group, subgroup);
  }

  private static String spoken(String label) {
    int colon = label.indexOf(": ");
    if (colon < 0) {
      return label;
    }
    String head = label.substring(0, colon);
    String tail = label.substring(colon + 2);
    return switch (head) {
      case "flag" -> "flag of " + tail;
      case "keycap" -> "keycap " + tail;
      case "man", "woman", "person" ->
          tail.equals("bald") ? "bald " + head : head + " with " + tail;
      case "family", "kiss", "couple with heart" ->
          head + " of " + tail.replaceFirst(", (\\w+)$", " and $1");
      default -> head + ", " + tail;
    };
  }

  /// Returns what the emoji shows whatever the sex and the direction, as code points: `man
  /// running`, `woman running` and `person running` are one motif, and a fair split keeps them
  /// together.
  String motif() {
    List<String> parts = List.of(code.split("-", -1));
    // The signs of sex are emoji themselves when they stand first.
    return IntStream.range(0, parts.size())
        .filter(i -> i == 0 || !VARYING.contains(parts.get(i)))
        .mapToObj(i -> kind(parts.get(i)))
        .collect(Collectors.joining("-"));
  }

  private static String kind(String part) {
    if (GROWN.contains(part)) {
      return "1F9D1";
    }
    return YOUNG.contains(part) ? "1F9D2" : part;
  }

  /// Returns the captions that need no choice, the plainest first, keywords in the data's order.
  List<String> captions() {
    List<String> captions = new ArrayList<>();
    captions.add(name);
    captions.add("a picture of " + named());
    captions.add("an emoji of " + named());
    captions.add(group + ": " + name);
    captions.add(subgroup + ": " + name);
    if (!keywords.isEmpty()) {
      captions.add(name + ", " + keywords.getFirst());
      captions.add(
          "an emoji of "
              + name
              + ": "
              + String.join(", ", keywords.subList(0, Math.min(2, keywords.size()))));
    }
    return captions;
  }

  /// Draws a caption: three times in four the plain name, as people ask, else a template, with one
  /// or two of the keywords where it has room for them.
  String caption(Random random) {
    if (random.nextInt(4) > 0) {
      return name;
    }
    int template = 1 + random.nextInt(keywords.isEmpty() ? 4 : 7);
    return switch (template) {
      case 1 -> "a picture of " + named();
      case 2 -> "an emoji of " + named();
      case 3 -> group + ": " + name;
      case 4 -> subgroup + ": " + name;
      case 5 -> name + ", " + keyword(random);
      case 6 -> keyword(random) + ": " + name;
      default -> "an emoji of " + name + ": " + twoKeywords(random);
    };
  }

  private String keyword(Random random) {
    return keywords.get(random.nextInt(keywords.size()));
  }

  private String twoKeywords(Random random) {
    int first = random.nextInt(keywords.size());
    if (keywords.size() == 1) {
      return keywords.get(first);
    }
    int second = (first + 1 + random.nextInt(keywords.size() - 1)) % keywords.size();
    return keywords.get(first) + ", " + keywords.get(second);
  }

  /// Returns the name with an article where English has one: `a grinning face`, `the flag of
  /// egypt`, `folded hands`.
  private String named() {
    if (name.startsWith("flag of ")) {
      return "the " + name;
    }
    String head = name.split(" (?:with|in|of|and|on|at|under|without) |, ", 2)[0];
    String last = head.substring(head.lastIndexOf(' ') + 1);
    boolean plural =
        last.endsWith("s") && !last.endsWith("ss") && !last.endsWith("us")
            || Set.of("men", "women", "people").contains(last);
    if (plural
        || subgroup.equals("time")
        || !COUNTED.contains(group)
        || !Character.isLetter(name.charAt(0))) {
      return name;
    }
    boolean vowel = "aeiou".indexOf(name.charAt(0)) >= 0 && !name.matches("(uni|eu|one|us).*");
    return (vowel ? "an " : "a ") + name;
  }
}

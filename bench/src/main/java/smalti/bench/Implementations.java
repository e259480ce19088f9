package smalti.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/// Finds the implementations on the class path.
final class Implementations {
  private Implementations() {}

  /// Returns ours first, then the others in the order of their service files.
  static List<Implementation> all() {
    List<Implementation> all = new ArrayList<>(List.of(new Ours(), new OursDense()));
    ServiceLoader.load(Implementation.class).forEach(all::add);
    return all;
  }

  /// Returns one by name.
  static Implementation named(String name) {
    return all().stream()
        .filter(i -> i.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("bench: no peer is named " + name));
  }
}

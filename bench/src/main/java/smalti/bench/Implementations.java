package smalti.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Stream;

/// Finds the implementations on the class path.
final class Implementations {
  private Implementations() {}

  /// Returns all but ours, in the order of their service files.
  static List<Implementation> others() {
    List<Implementation> others = new ArrayList<>(List.of(new OursDense()));
    ServiceLoader.load(Implementation.class).forEach(others::add);
    return others;
  }

  /// Returns one by name.
  static Implementation named(String name) {
    if (OnDevice.isDevice(name)) {
      return new OnDevice(name);
    }
    return Stream.concat(Stream.of(new Ours()), others().stream())
        .filter(i -> i.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("bench: no peer is named " + name));
  }
}

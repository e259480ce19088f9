package smalti.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Chooses the implementations that each piece of work is measured beside.
///
/// @param all those that are asked for
/// @param fasterOnly whether to leave out a peer that only does what a faster one does: for matrix
///   products all but OpenBLAS, which libtorch calls for them
record Peers(List<Implementation> all, boolean fasterOnly) {
  /// Those that are large to fetch and only measured when they are asked for.
  private static final Set<String> ON_REQUEST = Set.of("mkl", "djl");

  private static final String OPENBLAS = "openblas";

  /// Returns the peers that are asked for, of those on the class path.
  ///
  /// @param names names, or `all`, or `none`; no name means all but MKL and DJL
  /// @param quick whether the faster ones are enough, unless peers are named
  /// @throws IllegalArgumentException if one is not there
  static Peers of(List<String> names, boolean quick, List<Implementation> there) {
    if (names.isEmpty()) {
      return new Peers(there.stream().filter(i -> !ON_REQUEST.contains(i.name())).toList(), quick);
    }
    if (names.equals(List.of("none"))) {
      return new Peers(there.stream().filter(OursDense.class::isInstance).toList(), false);
    }
    if (names.equals(List.of("all"))) {
      return new Peers(List.copyOf(there), false);
    }
    List<Implementation> chosen = new ArrayList<>();
    for (String name : names) {
      chosen.add(
          there.stream()
              .filter(i -> i.name().equals(name))
              .findFirst()
              .orElseThrow(() ->
                  new IllegalArgumentException(
                      "no peer is named %s; there is %s"
                          .formatted(
                              name,
                              String.join(
                                  ", ", there.stream().map(Implementation::name).toList())))));
    }
    return new Peers(List.copyOf(chosen), false);
  }

  Peers and(Implementation another) {
    List<Implementation> more = new ArrayList<>(all);
    more.add(another);
    return new Peers(List.copyOf(more), fasterOnly);
  }

  /// Returns them in parts that a process can load: those that share one, then each of the others.
  /// Parts without a peer that can do the work are left out, but one part is always there.
  List<Peers> processes(Work work, List<Integer> threads) {
    List<Peers> parts = new ArrayList<>();
    parts.add(new Peers(all.stream().filter(Implementation::sharesProcess).toList(), fasterOnly));
    all.stream()
        .filter(i -> !i.sharesProcess())
        .forEach(alone -> parts.add(new Peers(List.of(alone), fasterOnly)));
    List<Peers> busy =
        parts.stream()
            .filter(part -> threads.stream().anyMatch(t -> !part.of(work, t).isEmpty()))
            .toList();
    return busy.isEmpty() ? parts.subList(0, 1) : busy;
  }

  /// Returns those for a piece of work on a number of threads.
  List<Implementation> of(Work work, int threads) {
    return all.stream()
        .filter(i -> i.supports(work, threads))
        .filter(i -> !fasterOnly || !(work instanceof Work.Sgemm) || i.name().equals(OPENBLAS))
        .toList();
  }
}

package smalti.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import smalti.bench.Suite.Extent;

/// Holds what is measured and how it is chosen.
class SuiteTest {
  private static final List<String> KINDS =
      List.of(
          "sgemm.",
          "conv.",
          "attention.",
          "softmax.",
          "layernorm.",
          "gelu.",
          "xent.",
          "adamw.",
          "step.transformer.",
          "step.dvae.",
          "sample.");

  private final Suite suite = new Suite();

  @Test
  void everyExtentHasEveryKind() {
    for (Extent extent : Extent.values()) {
      List<String> names = suite.select(extent, List.of()).stream().map(Work::name).toList();
      for (String kind : KINDS) {
        assertThat(names).as("%s of %s", kind, extent).anyMatch(name -> name.startsWith(kind));
      }
      assertThat(names).allMatch(name -> KINDS.stream().anyMatch(name::startsWith));
    }
  }

  @Test
  void quickIsAPartOfFullAndFullOfGrowth() {
    List<Work> quick = suite.select(Extent.QUICK, List.of());
    List<Work> full = suite.select(Extent.FULL, List.of());
    List<Work> growth = suite.select(Extent.GROWTH, List.of());
    assertThat(full).containsAll(quick).hasSizeGreaterThan(quick.size());
    assertThat(growth).containsAll(full).hasSizeGreaterThan(full.size());
  }

  @Test
  void namesAreUniqueAndLeadBack() {
    for (String name : suite.names()) {
      assertThat(suite.named(name).name()).isEqualTo(name);
    }
    assertThat(suite.names()).doesNotHaveDuplicates();
    assertThatThrownBy(() -> suite.named("sgemm.?")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void filtersChooseByPartsOfNames() {
    assertThat(suite.select(Extent.FULL, List.of("attention.1280", "gelu")))
        .isNotEmpty()
        .allMatch(w -> w.name().startsWith("attention.1280") || w.name().startsWith("gelu."));
    assertThat(suite.select(Extent.FULL, List.of("nothing"))).isEmpty();
  }
}

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

  @Test
  void peersAreChosenByName() {
    List<Implementation> there = List.of(new OursDense(), new Named("mkl"), new Named("blas"));
    assertThat(names(Bench.peers(List.of(), there))).containsExactly("ours-dense", "blas");
    assertThat(names(Bench.peers(List.of("all"), there))).hasSize(3);
    assertThat(names(Bench.peers(List.of("none"), there))).containsExactly("ours-dense");
    assertThat(names(Bench.peers(List.of("mkl"), there))).containsExactly("mkl");
    assertThatThrownBy(() -> Bench.peers(List.of("cuda"), there))
        .hasMessage("no peer is named cuda; there is ours-dense, mkl, blas");
  }

  private static List<String> names(List<Implementation> implementations) {
    return implementations.stream().map(Implementation::name).toList();
  }

  private record Named(String name) implements Implementation {
    @Override
    public String settings() {
      return "";
    }

    @Override
    public boolean supports(Work work, int threads) {
      return false;
    }

    @Override
    public void threads(int threads) {}

    @Override
    public Task prepare(Work work) {
      throw new UnsupportedOperationException();
    }
  }
}

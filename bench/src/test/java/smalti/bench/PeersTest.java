package smalti.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/// Holds what is measured beside what.
class PeersTest {
  private static final Work PRODUCT = new Work.Sgemm(2, 2, 2, false, false);
  private static final Work GELU = new Work.Rows(Work.Rows.Kind.GELU, 2, 2);
  private static final List<Implementation> THERE =
      List.of(
          new OursDense(),
          new Named("mkl"),
          new Named("openblas"),
          new Named("libtorch"),
          new Named("djl"));

  @Test
  void peersAreChosenByName() {
    assertThat(names(Peers.of(List.of(), false, THERE).all()))
        .containsExactly("ours-dense", "openblas", "libtorch");
    assertThat(names(Peers.of(List.of("all"), false, THERE).all())).hasSize(5);
    assertThat(names(Peers.of(List.of("none"), true, THERE).all())).containsExactly("ours-dense");
    assertThat(names(Peers.of(List.of("mkl"), true, THERE).all())).containsExactly("mkl");
    assertThatThrownBy(() -> Peers.of(List.of("cuda"), false, THERE))
        .hasMessage("no peer is named cuda; there is ours-dense, mkl, openblas, libtorch, djl");
  }

  @Test
  void quickRunsNeedOpenBlasAloneForProductsUnlessPeersAreNamed() {
    Peers quick = Peers.of(List.of(), true, THERE);
    assertThat(names(quick.of(PRODUCT, 1))).containsExactly("openblas");
    assertThat(names(quick.of(GELU, 1))).containsExactly("openblas", "libtorch");
    Peers full = Peers.of(List.of(), false, THERE);
    assertThat(names(full.of(PRODUCT, 1))).containsExactly("openblas", "libtorch");
    Peers named = Peers.of(List.of("libtorch"), true, THERE);
    assertThat(names(named.of(PRODUCT, 1))).containsExactly("libtorch");
  }

  @Test
  void whatAPeerCannotDoIsLeftOut() {
    Peers peers = Peers.of(List.of(), false, THERE).and(new Named("gpu:0"));
    assertThat(names(peers.of(GELU, 1))).containsExactly("openblas", "libtorch", "gpu:0");
    assertThat(names(peers.of(GELU, 3))).isEmpty();
  }

  @Test
  void aPeerThatSharesNoProcessIsMeasuredInItsOwn() {
    List<Peers> parts = Peers.of(List.of("all"), false, THERE).processes(GELU, List.of(1, 2));
    assertThat(parts).hasSize(2);
    assertThat(names(parts.get(0).of(GELU, 1))).containsExactly("mkl", "openblas", "libtorch");
    assertThat(names(parts.get(1).of(GELU, 1))).containsExactly("djl");
  }

  @Test
  void noProcessIsStartedForPeersThatCannotDoTheWork() {
    Peers one = Peers.of(List.of("djl"), true, THERE);
    assertThat(one.processes(GELU, List.of(1)))
        .extracting(p -> names(p.all()))
        .containsExactly(List.of("djl"));
    assertThat(one.processes(GELU, List.of(3))).as("ours alone").hasSize(1);
    assertThat(Peers.of(List.of("none"), true, THERE).processes(GELU, List.of(1))).hasSize(1);
    assertThat(Peers.of(List.of(), true, THERE).processes(PRODUCT, List.of(1))).hasSize(1);
  }

  private static List<String> names(List<Implementation> implementations) {
    return implementations.stream().map(Implementation::name).toList();
  }

  /// Does everything, on two threads at most.
  private record Named(String name) implements Implementation {
    @Override
    public String settings() {
      return "";
    }

    @Override
    public boolean supports(Work work, int threads) {
      return threads <= 2;
    }

    @Override
    public boolean sharesProcess() {
      return !name.equals("djl");
    }

    @Override
    public void threads(int threads) {}

    @Override
    public Task prepare(Work work) {
      throw new UnsupportedOperationException();
    }
  }
}

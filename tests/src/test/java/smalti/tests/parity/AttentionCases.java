package smalti.tests.parity;

import static smalti.tests.parity.Operands.blank;
import static smalti.tests.parity.Operands.lying;
import static smalti.tests.parity.Operands.normal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import smalti.tensor.AttentionPattern;
import smalti.tensor.Tensor;
import smalti.tensor.backend.AttentionPart;
import smalti.tensor.backend.Backends;
import smalti.tensor.backend.UnaryOp;
import smalti.tests.parity.Operands.Lie;

/// Lists the cases of attention and its gradient.
final class AttentionCases {
  private static final double TOLERANCE = 1e-5;

  /// Patterns over 5 text positions and an image 6 wide.
  static final List<AttentionPattern> PATTERNS =
      List.of(
          new AttentionPattern.Full(),
          new AttentionPattern.Causal(),
          new AttentionPattern.Row(5, 6),
          new AttentionPattern.Column(5, 6),
          new AttentionPattern.Conv(5, 6, 3),
          new AttentionPattern.Row(0, 1),
          new AttentionPattern.Column(40, 20),
          new AttentionPattern.TransposedColumn(5, 6),
          new AttentionPattern.Neighbourhood(5, 6, 3));

  /// Patterns for lengths of several blocks and chunks, whose edges no text or row meets.
  private static final List<AttentionPattern> LONG =
      List.of(
          new AttentionPattern.Full(),
          new AttentionPattern.Causal(),
          new AttentionPattern.Row(29, 13),
          new AttentionPattern.Column(29, 13),
          new AttentionPattern.Conv(29, 13, 5));

  private final List<Case> cases = new ArrayList<>();

  private AttentionCases() {}

  static List<Case> all() {
    AttentionCases all = new AttentionCases();
    for (AttentionPattern pattern : PATTERNS) {
      all.square(pattern, 41, 3);
      for (int positions : new int[] {1, 17, 75}) {
        all.square(pattern, positions, 19);
        all.tail(pattern, 1, positions, 16);
        all.tail(pattern, Math.min(7, positions), positions, 16);
      }
    }
    for (AttentionPattern pattern : LONG) {
      all.square(pattern, 201, 33);
      all.square(pattern, 401, 8);
      all.steep(pattern);
      all.partlySharp(pattern);
      all.huge(pattern);
      all.hiddenInfinities(pattern);
      all.infiniteScores(pattern);
    }
    for (int width : new int[] {256, 257}) { // the widest in tiles, and one that is not
      all.wide(width);
    }
    all.cross();
    all.steps();
    return all.cases;
  }

  /// Brings scores that grow along the keys, up to about 40, so that a running maximum has to move.
  private void steep(AttentionPattern pattern) {
    Tensor q = normal("q", 2, 3, 201, 8).unary(UnaryOp.ABS);
    Tensor k = normal("k", 2, 3, 201, 8).unary(UnaryOp.ABS);
    Tensor ramp = Tensor.zeros(201, 1);
    for (int i = 0; i < 201; i++) {
      ramp.storage().set(i, i / 10.0);
    }
    Tensor v = normal("v", 2, 3, 201, 8);
    forward("steep " + pattern, q, k.mul(ramp), v, pattern, 0);
  }

  /// Brings small scores and, for the last queries, large ones.
  private void partlySharp(AttentionPattern pattern) {
    Tensor sharp = Tensor.zeros(201, 1);
    for (int i = 0; i < 201; i++) {
      sharp.storage().set(i, i < 130 ? 0.5 : 12);
    }
    Tensor k = normal("k", 2, 3, 201, 8);
    Tensor v = normal("v", 2, 3, 201, 8);
    forward("partly sharp " + pattern, normal("q", 2, 3, 201, 8).mul(sharp), k, v, pattern, 0);
  }

  /// Brings scores up to 12,000 that lie 60 apart, so that the last key that is seen decides.
  private void huge(AttentionPattern pattern) {
    Tensor q = Tensor.zeros(1, 2, 201, 8);
    Tensor k = Tensor.zeros(1, 2, 201, 8);
    for (int i = 0; i < 2 * 201; i++) {
      q.storage().set(i * 8, 100);
      k.storage().set(i * 8, i % 201 * 2);
    }
    forward("huge " + pattern, q, k, normal("v", 1, 2, 201, 8), pattern, 0);
  }

  /// Lets a query be NaN and a late key be infinite.
  private void infiniteScores(AttentionPattern pattern) {
    Tensor q = normal("q", 2, 3, 150, 8);
    Tensor k = normal("k", 2, 3, 150, 8);
    q.storage().set(31 * 8 + 2, Double.NaN);
    k.storage().set(140 * 8 + 5, Double.NEGATIVE_INFINITY);
    forward("infinite scores " + pattern, q, k, normal("v", 2, 3, 150, 8), pattern, 0);
  }

  /// Lets late keys have values that are not finite, so that only queries that see them may show
  /// it.
  private void hiddenInfinities(AttentionPattern pattern) {
    Tensor q = normal("q", 2, 3, 150, 8);
    Tensor v = normal("v", 2, 3, 150, 8);
    v.storage().set(145 * 8, Double.POSITIVE_INFINITY);
    v.storage().set(150 * 8 + 130 * 8 + 3, Double.NaN);
    forward("hidden infinities " + pattern, q, normal("k", 2, 3, 150, 8), v, pattern, 0);
  }

  /// Returns (2, 3, T, D) as it comes out of a projection: a view of (2, T, 3, D).
  private static Tensor projected(Tensor x) {
    int[] s = x.shape().toArray();
    Tensor view = Tensor.zeros(s[0], s[2], s[1], s[3]).permute(0, 2, 1, 3);
    Backends.reference().copy(x, view);
    return view;
  }

  private void square(AttentionPattern pattern, int t, int d) {
    Tensor q = normal("q", 2, 3, t, d);
    Tensor k = normal("k", 2, 3, t, d);
    Tensor v = normal("v", 2, 3, t, d);
    String variant = "%s T %d D %d".formatted(pattern, t, d);
    forward(variant, q, k, v, pattern, 0);
    forward(variant + " projected", projected(q), projected(k), projected(v), pattern, 0);
    Lie sliced = Lie.SLICED;
    forward(variant + " sliced", lying(sliced, q), lying(sliced, k), lying(sliced, v), pattern, 0);
    backward(variant, q, k, v, pattern);
    backward(variant + " projected", projected(q), projected(k), projected(v), pattern);
  }

  private void wide(int d) {
    Tensor q = normal("q", 2, 3, 9, d).mul(0.1); // scores as those of narrow heads
    Tensor k = normal("k", 2, 3, 9, d);
    Tensor v = normal("v", 2, 3, 9, d);
    String variant = "Causal T 9 D %d".formatted(d);
    forward(variant, q, k, v, new AttentionPattern.Causal(), 0);
    backward(variant, q, k, v, new AttentionPattern.Causal());
  }

  /// Lets the last queries of a sequence look at all keys, as with a cache.
  private void tail(AttentionPattern pattern, int queries, int keys, int d) {
    String variant = "%s last %d of %d".formatted(pattern, queries, keys);
    Tensor q = normal("q", 2, 3, queries, d);
    Tensor k = normal("k", 2, 3, keys, d);
    forward(variant, q, k, normal("v", 2, 3, keys, d), pattern, keys - queries);
  }

  private void cross() {
    AttentionPattern full = new AttentionPattern.Full();
    Tensor q = normal("q", 1, 2, 9, 8);
    Tensor k = normal("k", 1, 2, 33, 8);
    Tensor v = normal("v", 1, 2, 33, 8);
    forward("cross", q, k, v, full, 0);
    backward("cross", q, k, v, full);
    forward(
        "none",
        Tensor.zeros(0, 2, 9, 8),
        Tensor.zeros(0, 2, 9, 8),
        Tensor.zeros(0, 2, 9, 8),
        full,
        0);
  }

  /// Brings one query a head, keys in one part and in several, and others that were attended to.
  private void steps() {
    for (int[] s : new int[][] {{1, 1, 1}, {2, 3, 19}, {1, 8, 16}, {33, 2, 40}}) {
      for (int[] parts : new int[][] {{1}, {9}, {40, 1, 17}}) {
        for (boolean lies : new boolean[] {false, true}) {
          step(s[0], s[1], s[2], parts, lies);
        }
      }
    }
  }

  private void step(int batch, int heads, int width, int[] parts, boolean lies) {
    Tensor q = normal("q", batch, heads, 1, width);
    List<Tensor> keys = new ArrayList<>();
    List<Tensor> values = new ArrayList<>();
    for (int length : parts) {
      Tensor k = normal("k" + length, batch, heads, length, width);
      Tensor v = normal("v" + length, batch, length, heads, width).transpose(1, 2);
      keys.add(lies ? lying(Lie.SLICED, k) : k);
      values.add(lies ? lying(Lie.TRANSPOSED, v) : v);
    }
    Tensor lse = normal("lse", batch, heads, 1).add(2);
    AttentionPart others = new AttentionPart(normal("o", batch, heads, 1, width), lse);
    for (@Nullable AttentionPart other : new @Nullable AttentionPart[] {null, others}) {
      cases.add(
          new Case(
              "attentionStep",
              "%s, parts of %s%s%s"
                  .formatted(
                      q.shape(),
                      Arrays.toString(parts),
                      lies ? ", views" : "",
                      other == null ? "" : " and others"),
              TOLERANCE,
              backend -> {
                Tensor out = lying(Lie.SLICED, q);
                backend.attentionStep(q, keys, values, 0.3, other, out);
                return List.of(out);
              }));
    }
  }

  private void forward(
      String variant, Tensor q, Tensor k, Tensor v, AttentionPattern pattern, int offset) {
    cases.add(
        new Case(
            "attention",
            variant,
            TOLERANCE,
            backend -> {
              Tensor out = projected(q);
              Tensor lse = blank(Lie.OFFSET, q.dim(0), q.dim(1), q.dim(2));
              backend.attention(q, k, v, pattern, 0.3, offset, out, lse);
              return List.of(out, lse);
            }));
  }

  private void backward(String variant, Tensor q, Tensor k, Tensor v, AttentionPattern pattern) {
    Tensor out = q.zerosLike();
    Tensor lse = Tensor.zeros(q.dim(0), q.dim(1), q.dim(2));
    Backends.reference().attention(q, k, v, pattern, 0.3, 0, out, lse);
    Tensor dOut = projected(normal("dOut", q.shape().toArray()));
    cases.add(
        new Case(
            "attentionGrad",
            variant,
            TOLERANCE * Math.max(1, Math.sqrt(q.dim(2)) / 4),
            backend -> {
              List<Tensor> grads = List.of(projected(q), projected(k), lying(Lie.SLICED, v));
              backend.attentionGrad(
                  q, k, v, out, lse, dOut, pattern, 0.3, grads.get(0), grads.get(1), grads.get(2));
              return grads;
            }));
  }
}

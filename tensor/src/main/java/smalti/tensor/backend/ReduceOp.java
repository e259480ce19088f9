package smalti.tensor.backend;

/// Names the reductions of axes to one number each.
public enum ReduceOp {
  /// The sum; 0 over nothing.
  SUM,
  /// The largest; NaN if any is NaN; −∞ over nothing.
  MAX,
  /// The smallest; NaN if any is NaN; +∞ over nothing.
  MIN
}

package smalti.dalle.data;

/// Names the two parts of a data set.
public enum Split {
  /// What the models learn from.
  TRAIN,
  /// What they never see, and are measured on.
  HELD_OUT
}

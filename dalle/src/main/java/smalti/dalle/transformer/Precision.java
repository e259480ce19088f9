package smalti.dalle.transformer;

import smalti.autograd.Variable;

/// Says in which numbers the residual branches of a stack compute. Branches are counted from 0: the
/// attention of block `i` is branch `2i`, its perceptron `2i + 1`.
public interface Precision {
  /// Computes all in 32 bits.
  Precision FP32 =
      new Precision() {
        @Override
        public Variable enter(int branch, Variable x) {
          return x;
        }

        @Override
        public Variable inside(int branch, Variable x) {
          return x;
        }

        @Override
        public Variable leave(int branch, Variable y) {
          return y;
        }
      };

  /// Is given what enters a branch from the residual stream; the layer norm follows.
  Variable enter(int branch, Variable x);

  /// Is given every matrix and every result inside a branch, from the layer norm's on.
  Variable inside(int branch, Variable x);

  /// Is given what a branch adds to the residual stream.
  Variable leave(int branch, Variable y);
}

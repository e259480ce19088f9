/// Optimisers, gradient clipping, learning-rate schedules and averages of weights.
@NullMarked
package smalti.nn.optim;

import org.jspecify.annotations.NullMarked;

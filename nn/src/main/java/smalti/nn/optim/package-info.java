/// Optimisers, gradient clipping, learning-rate schedules and averages of weights.
///
/// One update of a training is:
///
/// ```java
/// Gradients gradients = Autograd.backward(loss);
/// double norm = GradientClip.norm(gradients, model.parameters());
/// adam.step(gradients, schedule.at(step), GradientClip.factor(norm, 1));
/// ema.update();
/// ```
///
/// [smalti.nn.optim.AdamW] is given gradients and a step size and keeps its moments; it knows no
/// schedule. [smalti.nn.optim.Schedule] is a function of the step alone, so that a resumed training
/// goes on where it was. Parameters keep their storage for life: an update writes into it.
@NullMarked
package smalti.nn.optim;

import org.jspecify.annotations.NullMarked;

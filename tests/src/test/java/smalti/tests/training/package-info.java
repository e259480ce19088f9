/// Trains small models for seconds: one batch is learnt by heart, and a run is the same bytes
/// whatever the number of threads.
@NullMarked
package smalti.tests.training;

import org.jspecify.annotations.NullMarked;

/// Evaluation: the numbers that a run is judged by, computed from finished models.
@NullMarked
package smalti.dalle.evaluate;

import org.jspecify.annotations.NullMarked;

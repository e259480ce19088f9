/// Builds neural networks from parameters and layers.
@NullMarked
package smalti.nn;

import org.jspecify.annotations.NullMarked;

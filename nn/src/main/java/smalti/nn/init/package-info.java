/// Initialisers: how the numbers of a parameter begin.
@NullMarked
package smalti.nn.init;

import org.jspecify.annotations.NullMarked;

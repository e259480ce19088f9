/// Turns texts into pictures.
@NullMarked
package smalti.dalle;

import org.jspecify.annotations.NullMarked;

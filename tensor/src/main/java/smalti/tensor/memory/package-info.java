/// What happens to arrays that are no longer needed, for the modules of this project only:
/// [smalti.tensor.memory.Recycler] lends those of a backward pass again.
@NullMarked
package smalti.tensor.memory;

import org.jspecify.annotations.NullMarked;

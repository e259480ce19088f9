/// Reads files that PyTorch wrote.
///
/// `tests/src/test/python` makes them and says how.
@NullMarked
package smalti.tests.torch;

import org.jspecify.annotations.NullMarked;

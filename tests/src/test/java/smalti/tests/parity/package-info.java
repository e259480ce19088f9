/// Proves that every backend computes what the reference backend defines, kernel by kernel, over
/// awkward sizes, layouts and values, and that results do not depend on the number of threads.
@NullMarked
package smalti.tests.parity;

import org.jspecify.annotations.NullMarked;

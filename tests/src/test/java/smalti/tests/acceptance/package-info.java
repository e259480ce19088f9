/// Holds the acceptance tests that the facts of the paper and its published code ask for, by
/// number.
@NullMarked
package smalti.tests.acceptance;

import org.jspecify.annotations.NullMarked;

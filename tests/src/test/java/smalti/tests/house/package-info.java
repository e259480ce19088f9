/// Holds the rules of the house: sizes, documentation, the direction of dependencies.
///
/// Every rule first asserts that it has found something to look at.
@NullMarked
package smalti.tests.house;

import org.jspecify.annotations.NullMarked;

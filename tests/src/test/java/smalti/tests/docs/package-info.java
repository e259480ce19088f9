/// Keeps the written pages true: the examples run, the links lead somewhere, the commands exist.
@NullMarked
package smalti.tests.docs;

import org.jspecify.annotations.NullMarked;

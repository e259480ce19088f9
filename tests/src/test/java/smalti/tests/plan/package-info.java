/// Holds what `smalti plan` predicts against what is measured.
@NullMarked
package smalti.tests.plan;

import org.jspecify.annotations.NullMarked;

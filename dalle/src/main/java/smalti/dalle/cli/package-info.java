/// Runs Smalti from the command line.
@NullMarked
package smalti.dalle.cli;

import org.jspecify.annotations.NullMarked;

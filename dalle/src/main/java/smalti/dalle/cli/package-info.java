/// The program `smalti`: commands, what they print, and the report of a demo.
///
/// [smalti.dalle.cli.Smalti] lists the commands, one class each, and turns what goes wrong into one
/// line and an exit code: 0 done, 2 something that the user can mend, 130 interrupted.
///
/// A demo is read in this order: `DemoCommand`, `Calibration` (how many updates fit into the time),
/// `TrainingSession` (both stages, with pictures as they go), `DemoEvaluation` (the numbers) and
/// `Report` (`index.html`).
@NullMarked
package smalti.dalle.cli;

import org.jspecify.annotations.NullMarked;

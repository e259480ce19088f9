/// The program `smalti`: its commands, what it prints, and how it ends.
///
/// [smalti.dalle.cli.Smalti] starts a command and turns everything that can go wrong into one line
/// and an exit code. The commands are [smalti.dalle.cli.DemoCommand],
/// [smalti.dalle.cli.TrainCommand], [smalti.dalle.cli.GenerateCommand],
/// [smalti.dalle.cli.ReconstructCommand], [smalti.dalle.cli.InspectCommand] and
/// [smalti.dalle.cli.ConvertCommand]. The first two share a [smalti.dalle.cli.TrainingSession],
/// which trains the stages of a run and writes pictures as it goes ([smalti.dalle.cli.Galleries]);
/// a demo is planned by [smalti.dalle.cli.Calibration], judged by [smalti.dalle.cli.RunEvaluation]
/// and shown by [smalti.dalle.cli.Report].
///
/// Exit codes: 0 done; 2 something the user can mend; 130 and 143 stopped by Ctrl-C and by SIGTERM,
/// a running training having been saved ([smalti.dalle.cli.Interrupt]); 1 a fault of the program.
@NullMarked
package smalti.dalle.cli;

import org.jspecify.annotations.NullMarked;

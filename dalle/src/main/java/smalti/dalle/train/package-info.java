/// Training: recipes, the two stages, checkpoints and the numbers that are reported.
///
/// [smalti.dalle.train.RunConfig] holds everything that decides a run. A [smalti.dalle.train.Stage]
/// advances one step at a time: [smalti.dalle.train.VaeTrainer], then
/// [smalti.dalle.train.DalleTrainer]. [smalti.dalle.train.TrainingLoop] drives a stage, reports,
/// and saves. [smalti.dalle.train.RunFolder] knows the files.
@NullMarked
package smalti.dalle.train;

import org.jspecify.annotations.NullMarked;

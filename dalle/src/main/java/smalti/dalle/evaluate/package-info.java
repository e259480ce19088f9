/// Evaluation: the numbers that a run is judged by, computed from finished models.
///
/// - [smalti.dalle.evaluate.VaeEvaluation]: hard reconstructions (PSNR), use of the codebook, and
///   the evidence lower bound.
/// - [smalti.dalle.evaluate.DalleEvaluation]: bits per image token given the plainest caption.
/// - [smalti.dalle.evaluate.NearestPicture]: which training picture a generated one is like.
///
/// Nothing here samples with dropout or noise of its own; what is drawn at random comes from the
/// generator that is handed in.
@NullMarked
package smalti.dalle.evaluate;

import org.jspecify.annotations.NullMarked;

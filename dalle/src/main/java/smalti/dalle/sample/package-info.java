/// Sampling: from a caption to image tokens, one position after the other.
///
/// [smalti.dalle.sample.Sampling] holds the settings, [smalti.dalle.sample.TokenSampler] draws one
/// token from one row of logits, [smalti.dalle.sample.ImageSampler] runs the model.
@NullMarked
package smalti.dalle.sample;

import org.jspecify.annotations.NullMarked;

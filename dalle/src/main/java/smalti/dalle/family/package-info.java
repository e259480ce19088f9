/// The models that DALL·E stands on and stands beside, built from the same parts: the
/// encoder-decoder transformer of 2017 ([smalti.dalle.family.EncoderDecoder]), the language model
/// of GPT-2 and the pixel model of image GPT ([smalti.dalle.family.CausalModel]), and CLIP
/// ([smalti.dalle.family.Clip]), which ranks pictures. Names and shapes of parameters are those of
/// the published models, or can be had so; all are tested against PyTorch.
@NullMarked
package smalti.dalle.family;

import org.jspecify.annotations.NullMarked;

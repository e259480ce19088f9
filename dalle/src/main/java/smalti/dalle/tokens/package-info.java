/// What stands between pictures and the numbers that stage 2 models.
///
/// [smalti.dalle.tokens.ImageTokens] is what training, sampling and evaluation see of it. There are
/// two kinds: the codes of a trained dVAE ([smalti.dalle.vae.DiscreteVae]) and the colours of
/// pixels ([smalti.dalle.tokens.Palette], found by [smalti.dalle.tokens.KMeans]), which need no
/// first stage.
@NullMarked
package smalti.dalle.tokens;

import org.jspecify.annotations.NullMarked;

/// Stage 1: the discrete variational auto-encoder (Ramesh et al. 2021, section 2.1 and appendix A),
/// which turns a picture into a small grid of tokens and back.
///
/// Reading order: [smalti.dalle.vae.VaeConfig], [smalti.dalle.vae.Encoder],
/// [smalti.dalle.vae.Decoder], [smalti.dalle.vae.LogitLaplace], [smalti.dalle.vae.DiscreteVae].
///
/// Letters in shape comments: `B` batch, `C` channels, `H`, `W` picture height and width, `h`, `w`
/// token grid, `K` codebook size.
@NullMarked
package smalti.dalle.vae;

import org.jspecify.annotations.NullMarked;

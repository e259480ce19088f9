/// The text-to-image system of Ramesh et al. 2021 ("Zero-shot text-to-image generation"), small.
///
/// | package | does | paper |
/// |---|---|---|
/// | [smalti.dalle.data] | pictures and captions | data of our own; cropping of listings 1 and 2 |
/// | [smalti.dalle.tokens] | what image tokens are; palettes | image GPT (Chen et al. 2020) |
/// | [smalti.dalle.vae] | pictures to tokens and back | section 2.1, appendix A |
/// | [smalti.dalle.text] | captions to tokens | section 2.2 |
/// | [smalti.dalle.transformer] | text and image tokens as one stream | section 2.2, appendix B |
/// | [smalti.dalle.sample] | tokens from captions | section 2.6, without re-ranking |
/// | [smalti.dalle.train] | recipes, training, runs on disk | appendices A.2 and B.2 |
/// | [smalti.dalle.evaluate] | the numbers that a run is judged by | |
/// | `smalti.dalle.cli` | the program | |
///
/// Dependencies follow the table upwards; `data`, `text`, `transformer`, and `vae` with `tokens` do
/// not know each other.
@NullMarked
package smalti.dalle;

import org.jspecify.annotations.NullMarked;

/// Stage 2: the decoder-only sparse transformer over text and image tokens in one stream (Ramesh et
/// al. 2021, section 2.2 and appendix B).
///
/// Reading order: [smalti.dalle.transformer.TransformerConfig] with the layout of the stream,
/// [smalti.dalle.transformer.LayerPlan], [smalti.dalle.transformer.TransformerBlock],
/// [smalti.dalle.transformer.SparseTransformer].
///
/// Letters in shape comments: `B` batch, `T` text positions, `I` image positions, `C` width, `V`
/// text classes, `K` image classes.
@NullMarked
package smalti.dalle.transformer;

import org.jspecify.annotations.NullMarked;

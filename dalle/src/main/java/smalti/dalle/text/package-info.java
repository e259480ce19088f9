/// Turns captions into token ids and back: byte-pair encoding, written from scratch.
///
/// DALL·E reads a caption as at most 256 tokens of a lower-case BPE vocabulary of 16,384, and
/// applies BPE dropout of 10 % while it trains. Here captions pass through three stages:
///
/// ```text
/// "A  red Circle"  --[PreTokenizer.CAPTION]-->  " a", " red", " circle"       words
///                  --[UTF-8, 256 base ids  ]-->  220 64 | 220 81 68 67 | ...  bytes
///                  --[MergeTable           ]-->  258 | 301 | 377              tokens
/// ```
///
/// - [smalti.dalle.text.BpeTrainer] learns the merges from captions. Start reading here.
/// - [smalti.dalle.text.BpeTokenizer] encodes, decodes, saves and loads.
/// - [smalti.dalle.text.PreTokenizer] normalises a text and cuts it into words.
/// - [smalti.dalle.text.Encoding] is a caption cut to a number of slots, and knows if it was cut.
///
/// **Why bytes, and why the space belongs to the word.** The base alphabet is the 256 bytes of
/// UTF-8, as in GPT-2, so that no text is impossible to encode. GPT-2 marks a word's *start* by the
/// space before it, CLIP marks a word's *end* by `</w>`. We take GPT-2's way: spaces are then
/// ordinary bytes, and decoding gives back exactly the normalised caption. CLIP's way loses where
/// the spaces were: "red, round" comes back as "red , round". A caption gets one extra space in
/// front, so that its first word has the same tokens as the same word further on.
///
/// Ids `0..255` are the bytes in GPT-2's order, id `256 + r` is what merge number `r` makes. With
/// GPT-2's merges the ids are therefore GPT-2's.
///
/// Sources: Sennrich, Haddow, Birch 2016 (BPE for words); Radford et al. 2019 (GPT-2: on bytes);
/// Provilkov, Emelianenko, Voita 2020 (BPE dropout); Ramesh et al. 2021 (DALL·E).
@NullMarked
package smalti.dalle.text;

import org.jspecify.annotations.NullMarked;

/// Holds captioned pictures: what the models are trained on and what is shown of them.
///
/// [CaptionedData] is a set of pictures with captions and a fixed split into a training and a
/// held-out part. Three sets are known, and [CaptionedData#open(String, int)] finds them by name:
///
/// | set | pictures | held out |
/// |---|---|---|
/// | [EmojiData] | 1,911 Noto emoji, embedded | 10 % of the concepts |
/// | [ShapesData] | 1,728 drawings, rendered exactly | 13 of 64 (figure, colour) pairs |
/// | [FolderData] | a folder of images with `.txt` captions | 10 % of the files |
///
/// [Picture] is the one form that a picture takes: RGB in `[0, 1]`, channel by channel.
/// [Augmentation] holds the two random croppings of Ramesh et al. 2021 (appendix A, listings 1 and
/// 2); [PictureGrid] lays pictures and captions out on one sheet.
///
/// Letters: `C` channels (red, green, blue), `H` rows, `W` columns. Nothing here depends on the
/// models: floats go out through [Picture#copyTo], and what a model painted comes back through
/// [Picture#of].
@NullMarked
package smalti.dalle.data;

import org.jspecify.annotations.NullMarked;

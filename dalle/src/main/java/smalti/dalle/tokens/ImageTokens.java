package smalti.dalle.tokens;

import java.util.Map;
import smalti.tensor.Tensor;

/// Turns pictures into tokens and tokens into pictures.
public interface ImageTokens {
  /// Returns the sizes.
  TokenGrid config();

  /// Returns what makes the tokens, as people call it: `dVAE` or `palette`.
  String maker();

  /// Returns the numbers that decide which tokens a picture has, by name.
  Map<String, Tensor> state();

  /// Returns the tokens of pictures in raster order.
  ///
  /// @param pixels (B, 3, H, W) of `[0, 1]`
  /// @return I32 (B, tokens)
  Tensor encode(Tensor pixels);

  /// Returns the pictures that tokens stand for.
  ///
  /// @param tokens I32 (B, tokens)
  /// @return (B, 3, H, W) of `[0, 1]`
  Tensor decode(Tensor tokens);
}

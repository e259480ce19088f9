"""The attention patterns of DALL-E (Ramesh et al. 2021, figure 11) as masks.

Positions 0 .. text-1 are text, the others image tokens in raster order on a grid `side` wide.
"""

import torch


def allowed(kind, text, side, kernel=3):
    """Returns a (T, T) mask, true where the query (row) sees the key (column)."""
    length = text + side * side
    mask = torch.zeros(length, length, dtype=torch.bool)
    for q in range(length):
        for k in range(q + 1):
            mask[q, k] = k < text or kind == "causal" or _image(kind, q - k, side, kernel)
    return mask


def _image(kind, d, side, kernel):
    if kind == "row":
        return d <= side
    if kind == "column":
        return d % side == 0
    if kind == "conv":
        r = kernel // 2
        return d < side * (r + 1) and (d % side <= r or d % side >= side - r)
    raise ValueError(kind)

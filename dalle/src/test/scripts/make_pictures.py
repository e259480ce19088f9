#!/usr/bin/env python3
"""Makes the small images of the data tests with Pillow, which wrote and resized them:

    make_pictures.py OUT

gradient.png                 23 x 17, the picture that the others hold
gradient.webp, lossless.webp the same as lossy and as lossless WebP
cmyk.jpg                     the same as a CMYK JPEG
grey16.png                   a ramp of 256 greys in 16 bits: value 257 x at column x
lanczos-RESULT.png           gradient.png resized by Lanczos, for RESULT 11x8, 40x31 and 23x9
"""

import pathlib
import sys

import numpy as np
from PIL import Image


def gradient():
    y, x = np.mgrid[0:17, 0:23]
    red, green = x * 11, y * 15
    blue = 128 + 100 * np.sin(x * 0.9) * np.cos(y * 0.7)
    return np.stack([red, green, blue], axis=-1).round().astype(np.uint8)


def main(out):
    out.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(gradient())
    image.save(out / "gradient.png", optimize=True)
    image.save(out / "gradient.webp", quality=90)
    image.save(out / "lossless.webp", lossless=True)
    image.convert("CMYK").save(out / "cmyk.jpg", quality=95)
    ramp = np.tile(np.arange(256, dtype=np.uint16) * 257, (4, 1))
    Image.fromarray(ramp).save(out / "grey16.png")
    for width, height in ((11, 8), (40, 31), (23, 9)):
        resized = image.resize((width, height), Image.Resampling.LANCZOS)
        resized.save(out / f"lanczos-{width}x{height}.png", optimize=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))

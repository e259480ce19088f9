#!/usr/bin/python3
"""Writes what the published dVAE at its full size computes from weights that anyone can make again.

Weights and pixels are numbers of Philox4x32-10, as `smalti.tensor.Random.of(n).uniform` draws them,
so that the golden holds results only, and few of them. With `--pickles DIR` it also saves the whole
modules as encoder.pkl (zip container) and decoder.pkl (older stream), 390 MB.
"""

import argparse
import math
import warnings
from pathlib import Path

import numpy as np
import torch

import published
import safetensors_file

PIXELS = 1000  # the seed of the pixels; tensor n of a state dict has seed n, the decoder's 500 + n
BULK = 2
PIECE = 1 << 20


def philox(key, low, high):
    """Returns the four words of each counter (low, high); `low` is an array of uint64."""
    mask = np.uint64(0xFFFFFFFF)
    c = [low & mask, low >> np.uint64(32)]
    c += [np.full_like(low, high & 0xFFFFFFFF), np.full_like(low, high >> 32)]
    k0, k1 = key & 0xFFFFFFFF, key >> 32
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [
            (p1 >> np.uint64(32)) ^ c[1] ^ np.uint64(k0),
            p1 & mask,
            (p0 >> np.uint64(32)) ^ c[3] ^ np.uint64(k1),
            p0 & mask,
        ]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c


def uniform(seed, shape):
    """Returns `Random.of(seed).uniform(shape)`: floats of (0, 1)."""
    words = philox(seed, np.zeros(1, np.uint64), BULK << 32)
    key = int(words[0][0]) | int(words[1][0]) << 32
    n = int(np.prod(shape))
    out = np.empty(-(-n // 4) * 4, np.float32)
    for start in range(0, len(out), PIECE):
        end = min(len(out), start + PIECE)
        blocks = np.arange(start // 4, end // 4, dtype=np.uint64)
        bits = np.stack(philox(key, blocks, 0), 1).reshape(-1)
        halves = (bits >> np.uint64(9)).astype(np.float32) + np.float32(0.5)
        out[start:end] = halves * np.float32(2.0**-23)
    return torch.from_numpy(out[:n].reshape(shape))


def spread(name, shape):
    """Returns the width of the range of a weight: wide enough that residual branches matter."""
    if name.endswith(".b"):
        return 0.2
    gain = 8.0 if ".res_path." in name else 4.0
    return gain / math.sqrt(shape[1] * shape[2] * shape[3])


def fill(module, seed):
    for n, (name, p) in enumerate(module.state_dict().items()):
        u = uniform(seed + n, tuple(p.shape))
        p.copy_((u - 0.5) * torch.tensor(spread(name, p.shape), dtype=torch.float32))
    return module


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--pickles", type=Path)
    pickles = options.parse_args().pickles
    warnings.simplefilter("ignore")
    published.install()
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    encoder = fill(published.Encoder(), 0)
    decoder = fill(published.Decoder(), 500)
    if pickles:
        torch.save(encoder, pickles / "encoder.pkl")
        torch.save(decoder, pickles / "decoder.pkl", _use_new_zipfile_serialization=False)

    pixels = uniform(PIXELS, (1, 3, 256, 256))
    logits = encoder(0.8 * pixels + 0.1)[0].flatten(1).t()  # (h*w, K)
    top = logits.topk(2, -1).values
    tokens = logits.argmax(-1)
    one_hot = torch.zeros(1, 8192, 32, 32)
    one_hot.scatter_(1, tokens.reshape(1, 1, 32, 32), 1)
    maps = decoder(one_hot)[0]  # (6, H, W)
    made = {
        "tokens": tokens.to(torch.int32),
        "lead": top[:, 0] - top[:, 1],
        "logits": logits[::16, ::64],
        "logits_mean_square": logits.square().mean(),
        "maps": maps[:, ::16, ::16],
        "maps_mean_square": maps.square().mean((1, 2)),
        "weights": torch.stack([encoder.blocks.output.conv.w[0, :8, 0, 0],
                                decoder.blocks.input.w[0, :8, 0, 0]]),
    }
    path = Path(__file__).resolve().parent.parent / "resources" / "golden" / "published.safetensors"
    safetensors_file.write(path, made)
    print(f"{path.name}: {path.stat().st_size:,} bytes")
    for name, t in made.items():
        print(name, tuple(t.shape), t.flatten()[:4].tolist(), float(t.float().std()))


if __name__ == "__main__":
    main()

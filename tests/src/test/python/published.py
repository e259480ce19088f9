"""Stand-ins for the classes of openai/DALL-E, so that whole modules can be pickled under its names.

Names, attributes and parameters are those that the published `encoder.pkl` and `decoder.pkl` carry;
the code is our own. `install()` makes them importable as dall_e.encoder, dall_e.decoder and
dall_e.utils, as the pickles name them.
"""

import math
import sys
import types
from collections import OrderedDict

import torch
import torch.nn as nn
import torch.nn.functional as F

EPSILON = 0.1


class Conv2d(nn.Module):
    def __init__(self, n_in, n_out, kw, use_float16=True):
        super().__init__()
        self.n_in, self.n_out, self.kw = n_in, n_out, kw
        self.use_float16 = use_float16
        self.w = nn.Parameter(torch.randn(n_out, n_in, kw, kw) / math.sqrt(n_in * kw**2))
        self.b = nn.Parameter(torch.zeros(n_out))

    def forward(self, x):
        return F.conv2d(x, self.w, self.b, padding=(self.kw - 1) // 2)


class Block(nn.Module):
    def __init__(self, n_in, n_out, n_layers, kernels):
        super().__init__()
        self.n_in, self.n_out, self.n_layers = n_in, n_out, n_layers
        self.n_hid = n_out // 4
        self.post_gain = 1 / n_layers**2
        self.id_path = Conv2d(n_in, n_out, 1) if n_in != n_out else nn.Identity()
        widths = [n_in, self.n_hid, self.n_hid, self.n_hid, n_out]
        parts = OrderedDict()
        for i, kw in enumerate(kernels):
            parts[f"relu_{i + 1}"] = nn.ReLU()
            parts[f"conv_{i + 1}"] = Conv2d(widths[i], widths[i + 1], kw)
        self.res_path = nn.Sequential(parts)

    def forward(self, x):
        return self.id_path(x) + self.post_gain * self.res_path(x)


class EncoderBlock(Block):
    def __init__(self, n_in, n_out, n_layers):
        super().__init__(n_in, n_out, n_layers, (3, 3, 3, 1))


class DecoderBlock(Block):
    def __init__(self, n_in, n_out, n_layers):
        super().__init__(n_in, n_out, n_layers, (1, 3, 3, 3))


def stack(first, n_in, widths, blocks, block, between, last):
    parts = OrderedDict(input=first)
    for g, width in enumerate(widths):
        group = OrderedDict()
        for b in range(blocks):
            group[f"block_{b + 1}"] = block(n_in, width, len(widths) * blocks)
            n_in = width
        if g < len(widths) - 1:
            group[between[0]] = between[1]
        parts[f"group_{g + 1}"] = nn.Sequential(group)
    parts["output"] = nn.Sequential(OrderedDict(relu=nn.ReLU(), conv=last))
    return nn.Sequential(parts)


class Encoder(nn.Module):
    def __init__(self, group_count=4, n_hid=256, n_blk_per_group=2, input_channels=3, vocab_size=8192):
        super().__init__()
        self.group_count, self.n_hid, self.n_blk_per_group = group_count, n_hid, n_blk_per_group
        self.input_channels, self.vocab_size = input_channels, vocab_size
        self.device, self.requires_grad = torch.device("cpu"), False
        self.use_mixed_precision = True
        widths = [n_hid << g for g in range(group_count)]
        self.blocks = stack(
            Conv2d(input_channels, n_hid, 7),
            n_hid,
            widths,
            n_blk_per_group,
            EncoderBlock,
            ("pool", nn.MaxPool2d(kernel_size=2)),
            Conv2d(widths[-1], vocab_size, 1, use_float16=False),
        )

    def forward(self, x):
        return self.blocks(x)


class Decoder(nn.Module):
    def __init__(
        self, group_count=4, n_init=128, n_hid=256, n_blk_per_group=2, output_channels=3, vocab_size=8192
    ):
        super().__init__()
        self.group_count, self.n_hid, self.n_blk_per_group = group_count, n_hid, n_blk_per_group
        self.n_init, self.output_channels, self.vocab_size = n_init, output_channels, vocab_size
        self.device, self.requires_grad = torch.device("cpu"), False
        self.use_mixed_precision = True
        self.blocks = stack(
            Conv2d(vocab_size, n_init, 1, use_float16=False),
            n_init,
            [n_hid << g for g in reversed(range(group_count))],
            n_blk_per_group,
            DecoderBlock,
            ("upsample", nn.Upsample(scale_factor=2, mode="nearest")),
            Conv2d(n_hid, 2 * output_channels, 1),
        )

    def forward(self, x):
        return self.blocks(x)


def install():
    """Makes the classes importable under the names of the published package."""
    homes = {
        "dall_e.encoder": (Encoder, EncoderBlock),
        "dall_e.decoder": (Decoder, DecoderBlock),
        "dall_e.utils": (Conv2d,),
    }
    sys.modules["dall_e"] = types.ModuleType("dall_e")
    for name, classes in homes.items():
        module = sys.modules[name] = types.ModuleType(name)
        for c in classes:
            c.__module__ = name
            setattr(module, c.__name__, c)

"""A port of the published dVAE (openai/DALL-E) at a tiny size, with the training loss."""

import math
from collections import OrderedDict

import torch
import torch.nn as nn
import torch.nn.functional as F

IMAGE, GROUPS, BLOCKS, HIDDEN, KERNEL, CODE, VOCABULARY = 8, 2, 2, 8, 7, 6, 10
EPSILON, TAU, BETA = 0.1, 0.7, 6.6
GAIN = 1 / (GROUPS * BLOCKS) ** 2


class Conv(nn.Module):
    def __init__(self, n_in, n_out, k):
        super().__init__()
        self.w = nn.Parameter(torch.randn(n_out, n_in, k, k) / math.sqrt(n_in * k * k))
        self.b = nn.Parameter(0.2 * torch.randn(n_out))
        self.padding = (k - 1) // 2

    def forward(self, x):
        return F.conv2d(x, self.w, self.b, padding=self.padding)


class Block(nn.Module):
    def __init__(self, n_in, n_out, kernels):
        super().__init__()
        inner = n_out // 4
        widths = [n_in, inner, inner, inner, n_out]
        self.id_path = Conv(n_in, n_out, 1) if n_in != n_out else nn.Identity()
        parts = OrderedDict()
        for i, k in enumerate(kernels):
            parts[f"relu_{i + 1}"] = nn.ReLU()
            parts[f"conv_{i + 1}"] = Conv(widths[i], widths[i + 1], k)
        self.res_path = nn.Sequential(parts)

    def forward(self, x):
        return self.id_path(x) + GAIN * self.res_path(x)


def net(n_in, first, k, widths, n_out, kernels, between):
    parts = OrderedDict(input=Conv(n_in, first, k))
    for g, width in enumerate(widths):
        group = OrderedDict()
        for b in range(BLOCKS):
            group[f"block_{b + 1}"] = Block(first, width, kernels)
            first = width
        if g < GROUPS - 1:
            group["between"] = between
        parts[f"group_{g + 1}"] = nn.Sequential(group)
    parts["output"] = nn.Sequential(OrderedDict(relu=nn.ReLU(), conv=Conv(first, n_out, 1)))
    model = nn.Module()
    model.blocks = nn.Sequential(parts)
    return model


def make():
    torch.manual_seed(2)
    widths = [HIDDEN << g for g in range(GROUPS)]
    pool, up = nn.MaxPool2d(2), nn.Upsample(scale_factor=2, mode="nearest")
    model = nn.Module()
    model.encoder = net(3, HIDDEN, KERNEL, widths, VOCABULARY, (3, 3, 3, 1), pool)
    model.decoder = net(VOCABULARY, CODE, 1, widths[::-1], 6, (1, 3, 3, 3), up)
    for p in model.parameters():
        p.data = p.data.float().double()

    side = IMAGE >> (GROUPS - 1)
    pixels = torch.rand(2, 3, IMAGE, IMAGE).float().double()
    noise = -torch.log(-torch.log(torch.rand(2, side * side, VOCABULARY))).float().double()
    x = (1 - 2 * EPSILON) * pixels + EPSILON
    logits = model.encoder.blocks(x).flatten(2).transpose(1, 2)  # (B, h*w, K)
    codes = F.softmax((logits + noise) / TAU, -1)
    grid = lambda z: z.transpose(1, 2).reshape(2, VOCABULARY, side, side)
    maps = model.decoder.blocks(grid(codes))
    mu, ln_b = maps[:, :3], maps[:, 3:]
    density = torch.exp(-(torch.logit(x) - mu).abs() / ln_b.exp()) / (2 * ln_b.exp() * x * (1 - x))
    nll = -density.log().mean()
    q = F.softmax(logits, -1)
    kl = (q * (q.log() + math.log(VOCABULARY))).sum(-1).mean()
    factor = 1 << (GROUPS - 1)
    loss = nll + BETA / (3 * factor**2) * kl
    loss.backward()

    tokens = logits.argmax(-1)
    hard = model.decoder.blocks(grid(F.one_hot(tokens, VOCABULARY).double()))
    out = {"in/pixels": pixels.float(), "in/noise": noise.float()}
    out["out/logits"] = logits.float()
    out["out/codes"] = codes.float()
    out["out/maps"] = maps.float()
    out["out/tokens"] = tokens.to(torch.int32)
    out["out/hard_maps"] = hard.float()
    out["out/hard_pixels"] = (
        ((torch.sigmoid(hard[:, :3]) - EPSILON) / (1 - 2 * EPSILON)).clamp(0, 1).float()
    )
    out.update({"out/nll": nll, "out/kl": kl, "out/loss": loss})
    for name, p in model.named_parameters():
        out["param/" + name] = p.data.float()
        out["grad/" + name] = p.grad.float()
    return out

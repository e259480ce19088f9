"""The wider family at tiny sizes: the transformer of 2017, GPT-2, image GPT and CLIP."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F


def _small(module):
    """Draws all parameters, so that no gain is one and no bias zero, rounded to F32."""
    for p in module.parameters():
        p.data = (0.3 * torch.randn(p.shape)).float().double()


def _keep(out, prefix, module, loss):
    loss.backward()
    for name, p in module.named_parameters():
        out[f"{prefix}param/{name}"] = p.float()
        out[f"{prefix}grad/{name}"] = p.grad.float()


def encoder_decoder():
    torch.manual_seed(11)
    out = {}
    for kind, first in (("post", False), ("pre", True)):
        model = nn.Transformer(
            12, 3, 2, 2, 20, dropout=0.0, batch_first=True, norm_first=first
        )
        _small(model)
        source, target = torch.randn(2, 5, 12).float().double(), torch.randn(2, 4, 12).float().double()
        mask = model.generate_square_subsequent_mask(4).double()
        y = model(source, target, tgt_mask=mask)
        dout = torch.randn(y.shape).float().double()
        out.update({f"{kind}/in/source": source.float(), f"{kind}/in/target": target.float()})
        out.update({f"{kind}/out/y": y.float(), f"{kind}/in/dout": dout.float()})
        _keep(out, f"{kind}/", model, (y * dout).sum())
    return out


class Conv1D(nn.Module):
    """GPT-2's linear layer: its weight is (in, out)."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        return x @ self.weight + self.bias


class GptAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.c_attn = Conv1D(width, 3 * width)
        self.c_proj = Conv1D(width, width)

    def forward(self, x):
        b, t, c = x.shape
        parts = self.c_attn(x).split(c, dim=2)
        q, k, v = (p.view(b, t, self.heads, c // self.heads).transpose(1, 2) for p in parts)
        scores = q @ k.transpose(-2, -1) / math.sqrt(c // self.heads)
        hidden = torch.triu(torch.ones(t, t, dtype=torch.bool), 1)
        y = F.softmax(scores.masked_fill(hidden, -math.inf), -1) @ v
        return self.c_proj(y.transpose(1, 2).reshape(b, t, c))


class GptBlock(nn.Module):
    def __init__(self, width, heads, activation):
        super().__init__()
        self.activation = activation
        self.ln_1 = nn.LayerNorm(width)
        self.attn = GptAttention(width, heads)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = nn.ModuleDict({"c_fc": Conv1D(width, 4 * width), "c_proj": Conv1D(4 * width, width)})

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp["c_proj"](self.activation(self.mlp["c_fc"](self.ln_2(x))))


class Gpt(nn.Module):
    def __init__(self, vocabulary, length, width, layers, heads, image):
        super().__init__()
        gelu = (lambda x: x * torch.sigmoid(1.702 * x)) if image else (lambda x: F.gelu(x, approximate="tanh"))
        if image:
            self.sos = nn.Parameter(torch.zeros(1, width))
            self.head = nn.Linear(width, vocabulary, bias=False)
        self.wte = nn.Embedding(vocabulary, width)
        self.wpe = nn.Embedding(length, width)
        self.h = nn.ModuleList(GptBlock(width, heads, gelu) for _ in range(layers))
        self.ln_f = nn.LayerNorm(width)
        self.image = image

    def forward(self, ids):
        x = self.wte(ids)
        if self.image:
            x = torch.cat([self.sos.expand(len(ids), 1, -1), x[:, :-1]], 1)
        x = x + self.wpe.weight[: x.shape[1]]
        for block in self.h:
            x = block(x)
        x = self.ln_f(x)
        return self.head(x) if self.image else x @ self.wte.weight.T


def gpt():
    torch.manual_seed(12)
    out = {}
    for kind, image in (("text", False), ("image", True)):
        model = Gpt(9, 7, 12, 2, 3, image)
        _small(model)
        ids = torch.randint(9, (2, 6))
        y = model(ids)
        seen, wanted = (y, ids) if image else (y[:, :-1], ids[:, 1:])
        loss = F.cross_entropy(seen.reshape(-1, 9), wanted.reshape(-1))
        out[f"{kind}/in/ids"] = ids.to(torch.int32)
        out.update({f"{kind}/out/scores": y.float(), f"{kind}/out/loss": loss.float()})
        _keep(out, f"{kind}/", model, loss)
    return out


class ClipBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(width, 4 * width), "c_proj": nn.Linear(4 * width, width)})

    def forward(self, x, mask):
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, attn_mask=mask, need_weights=False)[0]
        y = self.mlp["c_fc"](self.ln_2(x))
        return x + self.mlp["c_proj"](y * torch.sigmoid(1.702 * y))


class Stack(nn.Module):
    def __init__(self, width, layers, heads):
        super().__init__()
        self.resblocks = nn.ModuleList(ClipBlock(width, heads) for _ in range(layers))

    def forward(self, x, mask=None):
        for block in self.resblocks:
            x = block(x, mask)
        return x


class Vision(nn.Module):
    def __init__(self, size, patch, width, layers, heads, joint):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, patch, patch, bias=False)
        self.class_embedding = nn.Parameter(torch.zeros(width))
        self.positional_embedding = nn.Parameter(torch.zeros((size // patch) ** 2 + 1, width))
        self.ln_pre = nn.LayerNorm(width)
        self.transformer = Stack(width, layers, heads)
        self.ln_post = nn.LayerNorm(width)
        self.proj = nn.Parameter(torch.zeros(width, joint))

    def forward(self, x):
        x = self.conv1(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(len(x), 1, -1), x], 1)
        x = self.transformer(self.ln_pre(x + self.positional_embedding))
        return self.ln_post(x[:, 0]) @ self.proj


class Clip(nn.Module):
    def __init__(self):
        super().__init__()
        self.visual = Vision(8, 4, 12, 2, 3, 6)
        self.transformer = Stack(8, 2, 2)
        self.token_embedding = nn.Embedding(11, 8)
        self.positional_embedding = nn.Parameter(torch.zeros(5, 8))
        self.ln_final = nn.LayerNorm(8)
        self.text_projection = nn.Parameter(torch.zeros(8, 6))
        self.logit_scale = nn.Parameter(torch.zeros(()))

    def text(self, ids):
        x = self.token_embedding(ids) + self.positional_embedding
        mask = torch.full((5, 5), -math.inf).triu(1)
        x = self.ln_final(self.transformer(x, mask))
        return x[torch.arange(len(ids)), ids.argmax(-1)] @ self.text_projection

    def forward(self, pixels, ids):
        image, text = F.normalize(self.visual(pixels), dim=-1), F.normalize(self.text(ids), dim=-1)
        return self.logit_scale.exp() * image @ text.T


def clip():
    torch.manual_seed(13)
    model = Clip()
    _small(model)
    pixels = torch.randn(3, 3, 8, 8).float().double()
    ids = torch.tensor([[9, 1, 2, 10, 0], [9, 10, 0, 0, 0]])
    y = model(pixels, ids)
    dout = torch.randn(y.shape).float().double()
    out = {"in/pixels": pixels.float(), "in/ids": ids.to(torch.int32), "in/dout": dout.float()}
    out["out/scores"] = y.float()
    _keep(out, "", model, (y * dout).sum())
    return out

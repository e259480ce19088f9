"""A port of the sparse transformer at a tiny size, its loss, and ten steps of AdamW on it."""

from collections import OrderedDict

import torch
import torch.nn as nn
import torch.nn.functional as F

from patterns import allowed

TEXT, TEXT_VOCABULARY, SIDE, CODES, WIDTH, LAYERS, HEADS = 3, 5, 3, 7, 12, 4, 3
IMAGE = SIDE * SIDE
PLAN = ("row", "column", "row", "conv")


class QuickGelu(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


class Block(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.ln_1 = nn.LayerNorm(WIDTH)
        self.attn = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.ln_2 = nn.LayerNorm(WIDTH)
        self.mlp = nn.Sequential(
            OrderedDict(
                c_fc=nn.Linear(WIDTH, 4 * WIDTH),
                gelu=QuickGelu(),
                c_proj=nn.Linear(4 * WIDTH, WIDTH),
            )
        )
        self.hidden = ~allowed(kind, TEXT, SIDE)

    def forward(self, x):
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, attn_mask=self.hidden, need_weights=False)[0]
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.text = nn.Embedding(TEXT_VOCABULARY + TEXT, WIDTH)
        self.text_position = nn.Embedding(TEXT, WIDTH)
        self.start_of_text = nn.Parameter(torch.randn(1, WIDTH))
        self.image = nn.Embedding(CODES, WIDTH)
        self.row = nn.Embedding(SIDE, WIDTH)
        self.column = nn.Embedding(SIDE, WIDTH)
        self.start_of_image = nn.Parameter(torch.randn(1, WIDTH))
        self.resblocks = nn.ModuleList(Block(kind) for kind in PLAN)
        self.ln_final = nn.LayerNorm(WIDTH)
        self.text_logits = nn.Linear(WIDTH, TEXT_VOCABULARY + TEXT)
        self.image_logits = nn.Linear(WIDTH, CODES)

    def forward(self, text, image):
        rows = []
        for t, i in zip(text, image):
            # Slot k receives the token before it of its kind; a pad comes without a position.
            row = [self.start_of_text[0] + self.text_position.weight[0]]
            for k in range(1, TEXT):
                token = self.text.weight[t[k - 1]]
                is_pad = t[k - 1] >= TEXT_VOCABULARY
                row.append(token if is_pad else token + self.text_position.weight[k])
            for k in range(IMAGE):
                token = self.start_of_image[0] if k == 0 else self.image.weight[i[k - 1]]
                row.append(token + self.row.weight[k // SIDE] + self.column.weight[k % SIDE])
            rows.append(torch.stack(row))
        x = torch.stack(rows)  # (B, T+I, C)
        for block in self.resblocks:
            x = block(x)
        x = self.ln_final(x)
        return self.text_logits(x[:, :TEXT]), self.image_logits(x[:, TEXT:])

    def loss(self, text, image):
        text_logits, image_logits = self(text, image)
        a = F.cross_entropy(text_logits.flatten(0, 1), text.flatten())
        b = F.cross_entropy(image_logits.flatten(0, 1), image.flatten())
        return a / 8 + 7 * b / 8, a, b


def model():
    torch.manual_seed(3)
    m = Transformer()
    for name, p in m.named_parameters():
        scale = 1 if "text." in name or "image." in name else 0.3
        centre = 1 if ".ln_" in name and name.endswith("weight") else 0
        p.data = (centre + scale * torch.randn(p.shape)).float().double()
    return m


def batch(size):
    """Returns captions of 0 to TEXT tokens, padded with the token of their position, and images."""
    text = torch.arange(TEXT_VOCABULARY, TEXT_VOCABULARY + TEXT).repeat(size, 1)
    for row in text:
        n = int(torch.randint(0, TEXT + 1, ()))
        row[:n] = torch.randint(0, TEXT_VOCABULARY, (n,))
    return text, torch.randint(0, CODES, (size, IMAGE))


def make():
    m = model()
    text, image = batch(3)
    text_logits, image_logits = m(text, image)
    loss, text_loss, image_loss = m.loss(text, image)
    loss.backward()
    out = {"in/text": text.to(torch.int32), "in/image": image.to(torch.int32)}
    out["out/text_logits"] = text_logits.float()
    out["out/image_logits"] = image_logits.float()
    out.update({"out/loss": loss, "out/text": text_loss, "out/image": image_loss})
    for name, p in m.named_parameters():
        out["param/" + name] = p.data.float()
        out["grad/" + name] = p.grad.float()
    return out


def decays(name):
    """Decays the matrices of blocks, and no gains, biases, embeddings or output matrices."""
    return name.startswith("resblocks.") and name.endswith("weight") and ".ln_" not in name


def steps():
    """Ten steps of AdamW, with a cosine schedule and clipping that is at work in half of them."""
    m = model()
    named = list(m.named_parameters())
    groups = [
        {"params": [p for n, p in named if decays(n)], "weight_decay": 4.5e-2},
        {"params": [p for n, p in named if not decays(n)], "weight_decay": 0.0},
    ]
    adam = torch.optim.AdamW(groups, lr=1e-2, betas=(0.9, 0.96), eps=1e-8)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, T_max=10, eta_min=1e-3)
    texts, images, rates, norms, losses = [], [], [], [], []
    for _ in range(10):
        text, image = batch(4)
        loss = m.loss(text, image)[0]
        adam.zero_grad()
        loss.backward()
        rates.append(adam.param_groups[0]["lr"])
        norms.append(float(nn.utils.clip_grad_norm_(m.parameters(), 0.45)))
        adam.step()
        schedule.step()
        losses.append(loss.item())
        texts.append(text)
        images.append(image)
    out = {
        "in/text": torch.stack(texts).to(torch.int32),
        "in/image": torch.stack(images).to(torch.int32),
        "out/rates": torch.tensor(rates),
        "out/norms": torch.tensor(norms),
        "out/losses": torch.tensor(losses),
    }
    out.update({"out/" + name: p.data.float() for name, p in named})
    return out

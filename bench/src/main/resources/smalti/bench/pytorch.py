"""Does the work of `smalti bench` with PyTorch, on the card that is measured.

Standard input holds JSON: the device's description and the pieces of work. The first line printed
says what computes. Then comes a line for each piece of work, parted by tabs: its name, the time of
one run in ms, and how many parameters were trained (0 for single operations).
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

ROUNDS, LEAST_SECONDS = 5, 0.1


def chosen(description):
    for i in range(torch.cuda.device_count()):
        if description.startswith(torch.cuda.get_device_name(i)):
            return torch.device("cuda", i)
    if ", CPU by " in description:
        return torch.device("cpu")
    sys.exit("PyTorch %s sees no card like this: %s" % (torch.__version__, description))


def wait():
    if DEVICE.type == "cuda":
        torch.cuda.synchronize(DEVICE)


def seconds(run, times):
    """Runs are queued one after the other, as in a training; the clock stops when all are done."""
    wait()
    start = time.perf_counter()
    for _ in range(times):
        run()
    wait()
    return (time.perf_counter() - start) / times


def milliseconds(run):
    seconds(run, 3)
    times = max(1, round(LEAST_SECONDS / max(1e-6, seconds(run, 3))))
    return 1e3 * sorted(seconds(run, times) for _ in range(ROUNDS))[ROUNDS // 2]


def normal(*shape):
    return torch.randn(*shape, device=DEVICE)


def leaf(*shape):
    return normal(*shape).requires_grad_()


def ints(bound, *shape):
    return torch.randint(bound, shape, device=DEVICE)


def gradients(op, leaves, grad):
    """Forward and backward, all results fresh."""
    return lambda: torch.autograd.grad(op(), leaves, grad)


def sgemm(w):
    m, n, k = w["m"], w["n"], w["k"]
    a = normal(k, m).t() if w["transA"] else normal(m, k)
    b = normal(n, k).t() if w["transB"] else normal(k, n)
    out = torch.empty(m, n, device=DEVICE)
    yield lambda: torch.mm(a, b, out=out), []


def conv(w):
    size = (w["out"], w["in"], w["kernel"], w["kernel"])
    for layout in (torch.contiguous_format, torch.channels_last):  # the faster one counts
        put = lambda *shape: normal(*shape).to(memory_format=layout)
        x = put(w["batch"], w["in"], w["side"], w["side"])
        weight, bias = put(*size).requires_grad_(), leaf(w["out"])
        leaves = [weight, bias] + ([x.requires_grad_()] if w["in"] > 3 else [])
        grad = put(w["batch"], w["out"], w["side"], w["side"])
        op = lambda: F.conv2d(x, weight, bias, padding=w["kernel"] // 2)
        yield gradients(op, leaves, grad), []


def mask(rows):
    bits = [[c == "1" for c in row] for row in rows]
    return torch.tensor(bits, device=DEVICE) if bits else None


def attention(w):
    shape = (w["batch"], w["length"], w["heads"], w["width"])
    q, k, v = leaf(*shape), leaf(*shape), leaf(*shape)
    seen, grad = mask(w["mask"]), normal(*shape).transpose(1, 2)
    op = lambda: F.scaled_dot_product_attention(
        *(x.transpose(1, 2) for x in (q, k, v)), attn_mask=seen, is_causal=seen is None
    )
    yield gradients(op, [q, k, v], grad), []


def rows(w):
    n = w["columns"]
    x, gain, bias, grad = leaf(w["rows"], n), leaf(n), leaf(n), normal(w["rows"], n)
    targets = ints(n, w["rows"])
    yield {
        "softmax": gradients(lambda: F.softmax(x, -1), [x], grad),
        "gelu": gradients(lambda: F.gelu(x), [x], grad),
        "layernorm": gradients(lambda: F.layer_norm(x, (n,), gain, bias), [x, gain, bias], grad),
        "xent": gradients(lambda: F.cross_entropy(x, targets), [x], torch.ones((), device=DEVICE)),
    }[w["kind"]], []


def optimiser(parameters):
    fused = DEVICE.type == "cuda"
    options = dict(lr=1e-4, betas=(0.9, 0.96), eps=1e-8, weight_decay=0.045, fused=fused)
    return torch.optim.AdamW(parameters, **options)


def adamw(w):
    parameters = [leaf(w["size"]) for _ in range(w["tensors"])]
    for p in parameters:
        p.grad = normal(w["size"])
    yield optimiser(parameters).step, []


def step(model, *inputs):
    """Trains: forward, loss, backward, AdamW."""
    model.to(DEVICE)
    adam = optimiser(model.parameters())

    def run():
        adam.zero_grad(set_to_none=True)
        model(*inputs).backward()
        adam.step()

    return run, list(model.parameters())


class Block(nn.Module):
    def __init__(self, width, heads, seen):
        super().__init__()
        self.heads, self.seen = heads, seen
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc, self.proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        q, k, v = self.qkv(self.ln_1(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(
            q, k, v, attn_mask=self.seen, is_causal=self.seen is None
        )
        x = x + self.out(y.transpose(1, 2).flatten(2))
        h = self.fc(self.ln_2(x))
        return x + self.proj(h * torch.sigmoid(1.702 * h))


class Transformer(nn.Module):
    def __init__(self, w):
        super().__init__()
        width, self.split = w["width"], w["textLength"]
        self.starts = nn.Parameter(torch.randn(2, width))
        self.text = nn.Embedding(w["textClasses"], width)
        self.position = nn.Parameter(torch.randn(w["textLength"], width))
        self.image = nn.Embedding(w["imageVocabulary"], width)
        self.row = nn.Parameter(torch.randn(w["grid"], 1, width))
        self.column = nn.Parameter(torch.randn(1, w["grid"], width))
        masks = {i: mask(rows) for i, rows in enumerate(w["masks"])}
        self.blocks = nn.Sequential(
            *(Block(width, w["heads"], masks.get(i)) for i in w["maskOfLayer"])
        )
        self.norm = nn.LayerNorm(width)
        self.text_logits = nn.Linear(width, w["textClasses"])
        self.image_logits = nn.Linear(width, w["imageVocabulary"])

    def shifted(self, which, embedding, tokens):
        start = self.starts[which].expand(len(tokens), 1, -1)
        return torch.cat([start, embedding(tokens[:, :-1])], 1)

    def forward(self, text, image):
        places = (self.row + self.column).flatten(0, 1)
        x = self.shifted(0, self.text, text) + self.position
        x = torch.cat([x, self.shifted(1, self.image, image) + places], 1)
        y = self.norm(self.blocks(x))
        of_text = self.text_logits(y[:, : self.split]).flatten(0, 1)
        of_image = self.image_logits(y[:, self.split :]).flatten(0, 1)
        return F.cross_entropy(of_text, text.flatten()) / 8 + (
            7 / 8 * F.cross_entropy(of_image, image.flatten())
        )


def transformer(w):
    text = ints(w["textVocabulary"], w["batch"], w["textLength"])
    yield step(Transformer(w), text, ints(w["imageVocabulary"], w["batch"], w["grid"] ** 2))


class Residual(nn.Module):
    def __init__(self, n_in, n_out, kernels, gain):
        super().__init__()
        self.gain = gain
        sizes = [n_in] + 3 * [n_out // 4] + [n_out]
        self.skip = nn.Conv2d(n_in, n_out, 1) if n_in != n_out else nn.Identity()
        layers = [(nn.ReLU(), same(a, b, k)) for a, b, k in zip(sizes, sizes[1:], kernels)]
        self.path = nn.Sequential(*(part for layer in layers for part in layer))

    def forward(self, x):
        return self.skip(x) + self.gain * self.path(x)


def same(n_in, n_out, kernel):
    return nn.Conv2d(n_in, n_out, kernel, padding=kernel // 2)


def net(first, widths, blocks, kernels, gain, between, n_out):
    parts, n = [first], first.out_channels
    for g, width in enumerate(widths):
        for _ in range(blocks):
            parts.append(Residual(n, width, kernels, gain))
            n = width
        parts += [between] if g < len(widths) - 1 else []
    return nn.Sequential(*parts, nn.ReLU(), nn.Conv2d(n, n_out, 1))


class DiscreteVae(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.w = w
        widths, k = [w["hidden"] << g for g in range(w["groups"])], w["vocabulary"]
        sizes = (w["blocks"], (3, 3, 3, 1), w["gain"], nn.MaxPool2d(2), k)
        self.encoder = net(same(3, w["hidden"], w["inputKernel"]), widths, *sizes)
        sizes = (w["blocks"], (1, 3, 3, 3), w["gain"], nn.Upsample(scale_factor=2), 6)
        self.decoder = net(nn.Conv2d(k, w["codeWidth"], 1), widths[::-1], *sizes)

    def forward(self, pixels):
        x = 0.8 * pixels + 0.1
        logits = self.encoder(x)  # (B, K, h, w)
        noise = -torch.empty_like(logits).exponential_().log()
        mu, ln_b = self.decoder(F.softmax(logits + noise, 1)).chunk(2, 1)
        ln_b = ln_b.clamp_min(-6)
        delta = (torch.logit(x) - mu).abs() * torch.exp(-ln_b)
        nll = (delta + ln_b).mean() + torch.log(x * (1 - x)).mean()
        ln_q = F.log_softmax(logits, 1)
        return nll + self.w["beta"] * (ln_q.exp() * ln_q).sum(1).mean()


def vae(w):
    pixels = torch.rand(w["batch"], 3, w["side"], w["side"], device=DEVICE)
    for layout in (torch.contiguous_format, torch.channels_last):  # the faster one counts
        yield step(
            DiscreteVae(w).to(memory_format=layout), pixels.to(memory_format=layout)
        )


WORKS = dict(
    sgemm=sgemm, conv=conv, attention=attention, rows=rows, adamw=adamw,
    transformer=transformer, vae=vae,
)  # fmt: skip


def main():
    global DEVICE
    request = json.load(sys.stdin)
    DEVICE = chosen(request["device"])
    torch.backends.cudnn.allow_tf32 = False  # 32-bit floats, as ours
    torch.backends.cuda.matmul.allow_tf32 = False
    cuda = DEVICE.type == "cuda"
    name = torch.cuda.get_device_name(DEVICE) if cuda else "CPU"
    print("PyTorch %s on %s, eager, 32-bit floats" % (torch.__version__, name), flush=True)
    for w in request["works"]:
        found = [(milliseconds(run), made) for run, made in WORKS[w["work"]](w)]
        count = sum(p.numel() for p in found[0][1])
        print("%s\t%.6f\t%d" % (w["name"], min(ms for ms, _ in found), count), flush=True)


main()

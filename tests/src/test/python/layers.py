"""Runs each layer forward and backward and keeps what went in and came out."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from patterns import allowed


def record(out, name, run, inputs, params=None, ids=None):
    """Runs a case; its loss is sum(out * dout) with a fixed random dout."""
    leaves = {f"in/{k}": v.requires_grad_() for k, v in inputs.items()}
    leaves.update({f"param/{k}": v for k, v in (params or {}).items()})
    y = run()
    dout = torch.randn(y.shape)
    (y * dout).sum().backward()
    out[f"{name}/out"] = y
    out[f"{name}/dout"] = dout
    for leaf, value in leaves.items():
        out[f"{name}/{leaf}"] = value
        out[f"{name}/grad/{leaf.split('/')[1]}"] = value.grad
    for key, value in (ids or {}).items():
        out[f"{name}/in/{key}"] = value.to(torch.int32)


def module(out, name, layer, x):
    record(out, name, lambda: layer(x), {"x": x}, dict(layer.named_parameters()))


def function(out, name, f, *shape, scale=2.0):
    x = scale * torch.randn(*shape)
    record(out, name, lambda: f(x), {"x": x})


def attention(out, name, mask):
    layer = nn.MultiheadAttention(12, 3, batch_first=True)
    nn.init.normal_(layer.in_proj_bias, std=0.5)
    nn.init.normal_(layer.out_proj.bias, std=0.5)
    x = torch.randn(2, mask.shape[0], 12)
    params = dict(layer.named_parameters())
    run = lambda: layer(x, x, x, attn_mask=~mask, need_weights=False)[0]
    record(out, name, run, {"x": x}, params)


def make():
    torch.manual_seed(1)
    out = {}
    module(out, "linear", nn.Linear(5, 4), torch.randn(2, 3, 5))
    module(out, "linear_without_bias", nn.Linear(5, 4, bias=False), torch.randn(3, 5))
    module(out, "conv_1x1", nn.Conv2d(3, 4, 1), torch.randn(2, 3, 5, 4))
    module(out, "conv_3x3", nn.Conv2d(3, 4, 3, padding=1), torch.randn(2, 3, 5, 4))
    module(out, "conv_7x7", nn.Conv2d(3, 2, 7, padding=3), torch.randn(1, 3, 9, 8))
    module(out, "conv_stride_2", nn.Conv2d(2, 3, 3, stride=2, padding=1), torch.randn(2, 2, 7, 6))
    module(out, "conv_valid_without_bias", nn.Conv2d(2, 3, 3, bias=False), torch.randn(1, 2, 5, 6))

    ids = torch.tensor([[3, 0, 3], [6, 1, 3]])
    table = nn.Embedding(7, 4)
    record(out, "embedding", lambda: table(ids), {}, dict(table.named_parameters()), {"ids": ids})

    norm = nn.LayerNorm(6)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    module(out, "layer_norm", norm, 3 * torch.randn(2, 4, 6) + 1)

    function(out, "relu", F.relu, 4, 5)
    function(out, "sigmoid", torch.sigmoid, 4, 5)
    function(out, "tanh", torch.tanh, 4, 5)
    function(out, "softplus", F.softplus, 4, 5)
    function(out, "silu", F.silu, 4, 5)
    function(out, "erf", torch.erf, 4, 5)
    function(out, "gelu", F.gelu, 4, 5)
    function(out, "gelu_tanh", lambda x: F.gelu(x, approximate="tanh"), 4, 5)
    function(out, "quick_gelu", lambda x: x * torch.sigmoid(1.702 * x), 4, 5)
    function(out, "softmax", lambda x: F.softmax(x, -1), 2, 3, 6)
    function(out, "softmax_axis_1", lambda x: F.softmax(x, 1), 2, 3, 6)
    function(out, "log_softmax", lambda x: F.log_softmax(x, -1), 2, 3, 6)

    targets = torch.tensor([2, 0, 4, 2])
    x = torch.randn(4, 5)
    loss = lambda: F.cross_entropy(x, targets)
    record(out, "cross_entropy", loss, {"x": x}, ids={"targets": targets})
    some = torch.tensor([2, -1, 4, -1])
    z = torch.randn(4, 5)
    loss = lambda: F.cross_entropy(z, some, ignore_index=-1, reduction="none")
    record(out, "cross_entropy_ignoring", loss, {"x": z}, ids={"targets": some})

    function(out, "max_pool", lambda x: F.max_pool2d(x, 2), 2, 3, 6, 4)
    function(out, "avg_pool", lambda x: F.avg_pool2d(x, 2), 2, 3, 6, 4)
    function(out, "upsample", lambda x: F.interpolate(x, scale_factor=2), 2, 3, 3, 2)
    for kind in ("causal", "row", "column", "conv"):
        attention(out, f"attention_{kind}", allowed(kind, text=3, side=3))
    return out

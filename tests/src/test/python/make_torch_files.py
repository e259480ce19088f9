#!/usr/bin/python3
"""Writes files of torch.save in both containers, and what is in them as safetensors."""

import warnings
from collections import OrderedDict
from pathlib import Path

import torch
import torch.nn as nn

import published
import safetensors_file


def kinds():
    """Tensors of every dtype and layout."""
    base = torch.arange(24, dtype=torch.float32) - 5.5
    grid = base.reshape(4, 6)
    return OrderedDict(
        f32=grid.clone(),
        f64=torch.tensor([[1 / 3, -1e300], [0.0, float("inf")]], dtype=torch.float64),
        f16=torch.tensor([1.5, -65504.0, 6e-8], dtype=torch.float16),
        bf16=torch.tensor([1.5, -3e38, 1e-40], dtype=torch.bfloat16),
        i64=torch.tensor([-(2**31), 0, 2**31 - 1], dtype=torch.int64),
        i32=torch.tensor([[-(2**31), 7, 2**31 - 1]], dtype=torch.int32),
        i16=torch.tensor([-32768, 32767], dtype=torch.int16),
        i8=torch.tensor([-128, 127], dtype=torch.int8),
        u8=torch.tensor([0, 255], dtype=torch.uint8),
        boolean=torch.tensor([True, False, True]),
        scalar=torch.tensor(2.5),
        empty=torch.zeros(0, 3),
        transposed=grid.t(),
        permuted=base.reshape(2, 3, 4).permute(2, 0, 1),
        sliced=grid[1:4:2, 1:5:3],
        row=grid[2],
        expanded=base[:3].reshape(3, 1).expand(3, 4),
        shared_half=base[6:18],
        parameter=nn.Parameter(torch.linspace(-1, 1, 5)),
        half_transposed=torch.arange(6, dtype=torch.float16).reshape(2, 3).t(),
        i64_strided=torch.arange(10)[::3],
    )


def checkpoint():
    """What a training script saves: nested dicts, an optimiser, numbers and texts."""
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    model(torch.randn(4, 3)).square().sum().backward()
    optimiser.step()
    return {
        "epoch": 3,
        "loss": 0.25,
        "note": "text, not a tensor: \u00e4\u4e2d",
        "big": 10**30,
        "size": torch.Size([2, 3]),
        "dtype": torch.float32,
        "history": [torch.tensor([1.0, 2.0]), None, (torch.tensor(3),)],
        "model": model.state_dict(),
        "optimizer": optimiser.state_dict(),
    }


def flat(value, prefix=""):
    """Names the tensors of nested values as our reader does."""
    if isinstance(value, nn.Module):
        value = value.state_dict()
    if isinstance(value, torch.Tensor):
        return {prefix: value}
    items = {}
    if isinstance(value, dict):
        items = value
    elif isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
        items = dict(enumerate(value))
    out = {}
    for key, part in items.items():
        out.update(flat(part, f"{prefix}.{key}" if prefix else str(key)))
    return out


def plain(tensor):
    if tensor.dtype in (torch.float16, torch.bfloat16):
        return tensor.float()
    return tensor if tensor.is_floating_point() else tensor.to(torch.int32)


def main():
    torch.manual_seed(3)
    warnings.simplefilter("ignore")
    published.install()
    # The older container carries the source text of every module class; it is not ours to keep.
    torch.serialization.get_source_lines_and_file = lambda *_: (["# left out\n"], 0, "left-out.py")
    folder = Path(__file__).resolve().parent.parent / "resources" / "torch"
    folder.mkdir(parents=True, exist_ok=True)
    made = {
        "kinds": kinds(),
        "checkpoint": checkpoint(),
        "encoder": published.Encoder(2, 8, 2, 3, 10),
        "decoder": published.Decoder(2, 6, 8, 2, 3, 10),
    }
    for name, value in made.items():
        for container in ("zip", "stream"):
            path = folder / f"{name}-{container}.pt"
            torch.save(value, path, _use_new_zipfile_serialization=container == "zip")
            print(f"{path.name}: {path.stat().st_size:,} bytes")
        expected = {key: plain(t) for key, t in flat(value).items()}
        safetensors_file.write(folder / f"{name}.safetensors", expected)


if __name__ == "__main__":
    main()

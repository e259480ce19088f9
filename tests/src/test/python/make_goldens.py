#!/usr/bin/python3
"""Writes the golden files; README.md beside this script says how to run it."""

from pathlib import Path

import torch

import family
import layers
import safetensors_file
import transformer
import vae


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    folder = Path(__file__).resolve().parent.parent / "resources" / "golden"
    folder.mkdir(parents=True, exist_ok=True)
    made = {
        "layers": layers.make,
        "vae": vae.make,
        "transformer": transformer.make,
        "adamw": transformer.steps,
        "encoder_decoder": family.encoder_decoder,
        "gpt": family.gpt,
        "clip": family.clip,
    }
    for name, make in made.items():
        path = folder / f"{name}.safetensors"
        safetensors_file.write(path, make())
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

"""Writes safetensors files, since the safetensors package is not in Debian."""

import json
import struct

import torch

_KINDS = {torch.float64: "F64", torch.float32: "F32", torch.int32: "I32"}


def write(path, tensors):
    """Writes a dict of name -> tensor; see https://huggingface.co/docs/safetensors."""
    header, blobs, offset = {}, [], 0
    # The largest elements first, so that all are aligned.
    for name, tensor in sorted(tensors.items(), key=lambda e: (-e[1].element_size(), e[0])):
        blob = tensor.detach().contiguous().numpy().tobytes()
        header[name] = {
            "dtype": _KINDS[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + len(blob)],
        }
        blobs.append(blob)
        offset += len(blob)
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(head)) + head + b"".join(blobs))

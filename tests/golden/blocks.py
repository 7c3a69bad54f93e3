"""Blocks of every GGUF type, and what the gguf Python package makes of them: tests/golden/blocks/TYPE.bin.

usage: blocks.py OUT-DIRECTORY [--seed N] [--blocks N]
A file is N blocks as stored, then their N x block size values as f32. The first blocks are extremes: all zero, all ones,
scales that are infinite, not a number, the least subnormal, the greatest and its negative; the rest is random.
needs: gguf, numpy
"""
import argparse
import pathlib

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as T
from gguf.quants import dequantize

# Where the f16 scales of a block are.
SCALES = {T.Q4_0: (0,), T.Q4_1: (0, 2), T.Q5_0: (0,), T.Q5_1: (0, 2), T.Q8_0: (0,), T.IQ4_NL: (0,), T.Q2_K: (80, 82),
          T.Q3_K: (108,), T.Q4_K: (0, 2), T.Q5_K: (0, 2), T.Q6_K: (208,), T.IQ4_XS: (0,)}
EXTREMES = [0x7C00, 0xFC00, 0x7E00, 0x0001, 0x8001, 0x7BFF, 0xFBFF, 0x8000, 0x0400]


def blocks_of(kind, n, rng):
    size = GGML_QUANT_SIZES[kind][1]
    out = rng.integers(0, 256, (n, size), dtype=np.uint8)
    for i in range(n):
        for at in SCALES[kind]:
            half = EXTREMES[i - 2] if i - 2 < len(EXTREMES) else np.float16(rng.normal() * 10.0 ** rng.integers(-4, 2)).view(np.uint16)
            out[i, at:at + 2] = np.array([half], dtype="<u2").view(np.uint8)
    out[0], out[1] = 0, 255
    return out


p = argparse.ArgumentParser()
p.add_argument("out", type=pathlib.Path)
p.add_argument("--seed", type=int, default=1)
p.add_argument("--blocks", type=int, default=14)
a = p.parse_args()
a.out.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(a.seed)
with np.errstate(all="ignore"):
    for kind in SCALES:
        blocks = blocks_of(kind, a.blocks, rng)
        values = np.concatenate([dequantize(b.reshape(1, -1), kind).ravel() for b in blocks]).astype("<f4")
        (a.out / f"{kind.name.lower()}.bin").write_bytes(blocks.tobytes() + values.tobytes())

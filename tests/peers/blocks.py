"""Every GGUF block type on fresh random blocks: our expansion against the gguf package's, bit for bit.

usage: blocks.py [--seed N] [--blocks N]     The program is build/test_tensor_blocks, beside YA_BINARY.
"""
import argparse
import os
import pathlib
import secrets
import subprocess
import sys
import tempfile

p = argparse.ArgumentParser()
p.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
p.add_argument("--blocks", type=int, default=3000)
a = p.parse_args()
binary = pathlib.Path(os.environ["YA_BINARY"]).with_name("test_tensor_blocks")
maker = pathlib.Path(__file__).parent.parent / "golden" / "blocks.py"
print(f"seed {a.seed}, {a.blocks} blocks a type")
with tempfile.TemporaryDirectory() as made:
    subprocess.run([sys.executable, maker, made, "--seed", str(a.seed), "--blocks", str(a.blocks)], check=True)
    sys.exit(subprocess.run([binary], env=dict(os.environ, YA_BLOCKS=made)).returncode)

"""How fast the records of a JSON array are read, beside the same records as lines, and in how much memory.

usage: records.py BINARY MAKE_CORPUS [--megabytes N] [--rounds N] [--command analyze|score]

Prints seconds and peak of the resident memory of both, the best of all rounds, taken in turn, and the ratios; fails when
the array is read at less than 0.8 of the speed, or its memory differs by more than 5 %.
"""
import argparse
import os
import subprocess
import sys
import tempfile
import time


def run(words):
    """Seconds and peak of resident memory in MB."""
    start = time.monotonic()
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(words)}: ended with status {status}")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def make_array(lines, array):
    """The records of a file of lines as one array, an item a line."""
    with open(lines, "rb") as source, open(array, "wb") as target:
        target.write(b"[\n")
        for n, line in enumerate(source):
            target.write((b",\n" if n else b"") + line.rstrip(b"\n"))
        target.write(b"\n]\n")


def warm(path):
    with open(path, "rb") as file:
        while file.read(1 << 24):
            pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("make_corpus")
    parser.add_argument("--megabytes", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--command", choices=["analyze", "score"], default="analyze")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ya-bench-") as directory:
        folders = {name: os.path.join(directory, name) for name in ("lines", "array")}
        for folder in folders.values():
            os.mkdir(folder)
        subprocess.run([options.make_corpus, folders["lines"], str(options.megabytes)], check=True)
        for name in sorted(os.listdir(folders["lines"])):
            lines = os.path.join(folders["lines"], name)
            array = os.path.join(folders["array"], name.replace(".jsonl", ".json"))
            make_array(lines, array)
            warm(lines)
            warm(array)
        best = {}
        for _ in range(options.rounds):
            for name, folder in folders.items():
                seconds, rss = run([options.binary, options.command, "--quiet", "--threads", "2", "--input", folder])
                old = best.get(name, (seconds, rss))
                best[name] = (min(old[0], seconds), max(old[1], rss))
        for name, (seconds, rss) in best.items():
            print(f"{options.command} {name:<6} {seconds:7.2f} s {options.megabytes / seconds:7.1f} MB/s; resident {rss:.1f} MB")
    speed = best["lines"][0] / best["array"][0]
    memory = best["array"][1] / best["lines"][1]
    print(f"array / lines: speed {speed:.3f} (wanted 0.8), memory {memory:.3f} (wanted 0.95 to 1.05)")
    if speed < 0.8 or not 0.95 <= memory <= 1.05:
        sys.exit("FAILED")


main()

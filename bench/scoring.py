"""How fast records are scored and prepared, beside Python's json.loads over the same lines in the same run.

usage: scoring.py BINARY MAKE_CORPUS [--megabytes N] [--keep DIR]

Prints MB/s of each, the ratios, and the peak of the resident memory; fails when score is slower than json.loads on one
core, prepare than half of that, or either needs 200 MB.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time


def run(words, **options):
    """Seconds and peak of resident memory in MB."""
    start = time.monotonic()
    child = subprocess.Popen(words, **options)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(words)}: ended with status {status}")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def loads(paths):
    start = time.monotonic()
    for path in paths:
        with open(path, "rb") as file:
            for line in file:
                json.loads(line)
    return time.monotonic() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("make_corpus")
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--prepare", choices=["yes", "no"], default="yes")
    options = parser.parse_args()
    failures = []
    with tempfile.TemporaryDirectory(prefix="ya-bench-") as directory:
        raw = os.path.join(directory, "raw")
        os.mkdir(raw)
        subprocess.run([options.make_corpus, raw, str(options.megabytes)], check=True)
        paths = [os.path.join(raw, name) for name in sorted(os.listdir(raw))]
        megabytes = sum(map(os.path.getsize, paths)) / 1e6
        for path in paths:      # all of it in the page cache, for each of them
            with open(path, "rb") as file:
                while file.read(1 << 24):
                    pass
        python_s = loads(paths)
        print(f"{megabytes:.0f} MB in {len(paths)} files")
        print(f"json.loads  {python_s:7.2f} s {megabytes / python_s:7.1f} MB/s, one core, Python {sys.version.split()[0]}")
        commands = [("score", ["--input", raw], 1.0, subprocess.DEVNULL)]
        if options.prepare == "yes":
            commands.append(("prepare", ["--input", raw, "--output", os.path.join(directory, "out")], 0.5, subprocess.DEVNULL))
        for name, words, wanted, out in commands:
            seconds, rss = run([options.binary, name, "--quiet", "--threads", "2", *words], stdout=out)
            ratio = python_s / seconds
            print(f"{name:<11} {seconds:7.2f} s {megabytes / seconds:7.1f} MB/s, two threads: {ratio:.2f} x json.loads, "
                  f"wanted {wanted}; resident {rss:.0f} MB")
            if ratio < wanted or rss >= 200:
                failures.append(name)
    if failures:
        sys.exit(f"FAILED: {', '.join(failures)}")


main()

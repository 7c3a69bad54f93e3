"""What the peers share: where the program and the fixtures are, running the program, counting what was compared.

YA_BINARY names the program (default build/your_ai), YA_SHARED the fixtures (default ../shared beside the checkout),
YA_SMOLLM2 the GGUF of a real model (default where script/fetch-model keeps it), YA_SMOLLM2_HF its conversion to f32 by
shared/bench/export_smollm2.py (default where script/bench keeps it).
"""
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
BINARY = os.path.abspath(os.environ.get("YA_BINARY") or os.path.join(ROOT, "build", "your_ai"))
SHARED = os.path.abspath(os.environ.get("YA_SHARED") or os.path.join(ROOT, "..", "shared"))
FIXTURES = os.path.join(SHARED, "fixtures")
FAMILIES = ["llama", "llama3-tied", "mistral", "mistral-swa", "qwen2", "qwen3", "llama-sharded"]
_CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "your_ai")

_failures = []
_worst = {}
_start = time.monotonic()


def run(*words, fails=None, stdin=None, timeout=600):
    """The program's standard output. `fails`: it must end with exit code 1 or 2 and say this on standard error."""
    line = [BINARY, *map(str, words)]
    result = subprocess.run(line, input=stdin, capture_output=True, encoding="utf-8", timeout=timeout,
                            env=dict(os.environ, OMP_WAIT_POLICY="passive"))
    if fails is None and result.returncode != 0:
        raise RuntimeError(f"exit {result.returncode}: {' '.join(line)}\n{result.stderr[-2000:]}")
    if fails is not None and (result.returncode not in (1, 2) or fails not in result.stderr):
        fail(f"{' '.join(line)}: exit {result.returncode}, wanted a refusal that says {fails!r}, got\n{result.stderr}")
    return result.stdout


def real_model():
    """The GGUF and the directory of SmolLM2, each None where it is not there; says so."""
    paths = [os.environ.get("YA_SMOLLM2") or os.path.join(_CACHE, "SmolLM2-135M-Instruct.Q4_1.gguf"),
             os.environ.get("YA_SMOLLM2_HF") or os.path.join(_CACHE, "bench-float32")]
    for i, path in enumerate(paths):
        if not os.path.exists(path):
            print(f"  not compared, there is no {path}")
            paths[i] = None
    return paths


def fail(message):
    _failures.append(message)
    print("FAILED:", message, flush=True)


def check(what, where, error, bound):
    """Remembers the worst error of each kind; one that is not within its bound (NaN neither) is a failure."""
    error = float(error)
    count, worst, _, _ = _worst.get(what, (0, -1.0, "", 0.0))
    if not error <= worst:
        worst, at = error, where
    else:
        at = _worst[what][2]
    _worst[what] = (count + 1, worst, at, bound)
    if not error <= bound:
        fail(f"{where}: {what} is off by {error:.3g}, bound {bound:.3g}")


def same(what, where, found, wanted):
    count = _worst.get(what, (0,))[0]
    _worst[what] = (count + 1, None, where, None)
    if found != wanted:
        fail(f"{where}: {what} is {str(found)[:300]}, wanted {str(wanted)[:300]}")


def relative(found, wanted):
    """Largest relative difference of two lists of numbers; of unequal length it is infinite."""
    found, wanted = list(found), list(wanted)
    if len(found) != len(wanted):
        return float("inf")
    return max(abs(f - w) / max(abs(w), 1e-300) for f, w in zip(found, wanted))


def report():
    """Prints what was compared and ends the script; nothing compared is a failure too."""
    for what, (count, worst, where, bound) in _worst.items():
        if bound is None:
            print(f"  {what}: {count} compared, equal" if not _failures else f"  {what}: {count} compared")
        else:
            print(f"  {what}: {count} compared, worst {worst:.2e} of {bound:g} ({where})")
    print(f"  {time.monotonic() - _start:.0f} s, {len(_failures)} failures")
    sys.exit(1 if _failures or not _worst else 0)


@contextlib.contextmanager
def folder():
    path = tempfile.mkdtemp(prefix="ya-peer-")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def write_json(path, value):
    with open(path, "w") as f:
        json.dump(value, f)
    return path


def write_lines(path, rows):
    with open(path, "w") as f:
        for row in rows:
            f.write(json.dumps(row) + "\n")
    return path


def read_lines(path):
    with open(path) as f:
        return [json.loads(line) for line in f]


def steps_of(output):
    """The lines of metrics.jsonl that report steps."""
    return [row for row in read_lines(os.path.join(output, "metrics.jsonl")) if "lr" in row]


def records(ids, labels, length, w=None, H=None, order=None):
    """Rows of padded tensors as records that are tokenised already, in `order`."""
    out = []
    for i in range(len(ids)) if order is None else order:
        n = int(length[i])
        row = {"input_ids": ids[i][:n].tolist(), "labels": labels[i][:n].tolist()}
        if w is not None:
            row.update(auth_weight=float(w[i]), prov_entropy=float(H[i]))
        out.append(row)
    return out


def main(body):
    """Runs `body`; what it raises is a failure after the report of what went before."""
    try:
        body()
    except Exception as e:                                   # noqa: BLE001 (reported, and the exit code is 1)
        import traceback
        traceback.print_exc()
        fail(f"{type(e).__name__}: {e}")
    report()

"""TensorBoard's own reader on what `train` writes under OUT/logs.

Every logged step and validation must be there under the tags of the specification with the figures of metrics.jsonl
(as f32), and a run that was resumed must show each step once, though its directory holds a file a process.
"""
import os
import shutil

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from support import peer

STEP_TAGS = {"loss/total": "loss", "loss/cross_entropy": "ce", "loss/distrust": "distrust",
             "training/learning_rate": "lr", "training/grad_norm": "grad_norm",
             "training/effective_sample_size": "ess", "system/memory_mb": "rss_anon_mb",
             "system/tokens_per_second": "tokens_per_s"}
EVAL_TAGS = {"eval/cross_entropy": "eval_ce", "eval/cross_entropy_low": "eval_ce_low",
             "eval/cross_entropy_mid": "eval_ce_mid", "eval/cross_entropy_high": "eval_ce_high"}


def scalars(output):
    board = EventAccumulator(os.path.join(output, "logs"), size_guidance={"scalars": 0})
    board.Reload()
    return {tag: [(e.step, e.value) for e in board.Scalars(tag)] for tag in board.Tags()["scalars"]}


def compare(where, found, rows, tags):
    for tag, key in tags.items():
        wanted = [(row["step"], float(np.float32(row[key]))) for row in rows if row[key] is not None]
        peer.same("scalars", f"{where} {tag}", found.get(tag, []), wanted)


def check(where, output):
    found = scalars(output)
    evals = [row for row in peer.read_lines(os.path.join(output, "metrics.jsonl")) if row.get("event") == "eval"]
    steps = peer.steps_of(output)
    compare(where, found, steps, STEP_TAGS)
    compare(where, found, evals, EVAL_TAGS)
    peer.same("tags", where, sorted(set(found)), sorted({*STEP_TAGS, *EVAL_TAGS, "eval/perplexity",
                                                         "system/memory_change_mb"}))
    peer.same("steps", where, [s for s, _ in found["loss/total"]], [row["step"] for row in steps])


def main():
    model = os.path.join(peer.FIXTURES, "models", "llama")
    rows = [{"input_ids": [3 + (7 * i + j) % 80 for j in range(5 + i % 9)], "auth_weight": (i % 10) / 10.1,
             "prov_entropy": i % 8} for i in range(24)]
    with peer.folder() as folder:
        data = peer.write_lines(os.path.join(folder, "data.jsonl"), rows)
        out = os.path.join(folder, "out")
        line = ["train", "--model", model, "--data", data, "--val-data", data, "--output", out, "--batch-size", 2,
                "--steps", 12, "--save-steps", 4, "--eval-steps", 3, "--logging-steps", 1, "--threads", 2, "--quiet"]
        peer.run(*line)
        check("one process", out)
        for later in ("checkpoint-8", "checkpoint-12", "checkpoint-best"):
            shutil.rmtree(os.path.join(out, later), ignore_errors=True)
        peer.run(*line, "--resume")                         # from checkpoint-4: steps 5 to 12 once more
        peer.same("files", "resumed", len(os.listdir(os.path.join(out, "logs"))), 2)
        check("resumed", out)


if __name__ == "__main__":
    peer.main(main)

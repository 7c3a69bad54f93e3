#!/usr/bin/env bash
# Training, planning and evaluating as a user types it: what works, and every way in which it does not, with its exit
# code and the words that help.
set -euo pipefail
binary=${YA_BINARY:?path of the program}
models=${YA_SHARED:-../shared}/fixtures/models
[ -f "$models/llama/config.json" ] || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/../support/expect.sh"

llama=$models/llama
labels='"auth_weight": 0.05, "prov_entropy": 7.5'
for i in 1 2 3 4 5 6; do
    echo "{\"input_ids\": [1, 5, 9, $((10 + i)), 20], $labels}"
done > "$work/good.jsonl"
train() {
    "$binary" train --model "$llama" --output "$work/out" --steps 2 --threads 2 --dtype f32 "$@"
}

# what works
expect 0 "done: $work/out/checkpoint-2" train --data "$work/good.jsonl" --warmup-steps 0
for file in adapter_model.safetensors adapter_config.json optimizer.safetensors trainer_state.json config.yaml \
    provenance.json SHA256SUMS; do
    [ -s "$work/out/checkpoint-2/$file" ] || { echo "FAILED: no $file"; failures=$((failures + 1)); }
done
(cd "$work/out/checkpoint-2" && sha256sum --quiet -c SHA256SUMS)
expect 0 "step 3/4" train --data "$work/good.jsonl" --steps 4 --logging-steps 1 --resume
expect 0 '"ce"' "$binary" evaluate --model "$work/out/checkpoint-4" --data "$work/good.jsonl" --json
expect 0 '"ce"' "$binary" evaluate --model "$llama" --adapter "$work/out/checkpoint-4" --data "$work/good.jsonl" --json
expect 0 '"regions"' "$binary" plan --model "$llama" --json
expect 0 '"fits": false' "$binary" plan --model "$llama" --max-memory 1MB --json
# a saved configuration starts the same run, without a command too
expect 0 "done:" "$binary" --config "$work/out/checkpoint-4/config.yaml" --model "$llama" --data "$work/good.jsonl" \
    --output "$work/again" --steps 4 --batch-size 4
cp -r "$work/out/checkpoint-4" "$work/moved"
expect 0 "starting from" "$binary" train --model "$work/moved" --data "$work/good.jsonl" --output "$work/next" --steps 1

# a directory made by prepare of too few records has an empty val.jsonl: training goes without validation
mkdir "$work/prepared"
cp "$work/good.jsonl" "$work/prepared/train.jsonl"
: > "$work/prepared/val.jsonl"
expect 0 "done:" train --data "$work/prepared" --output "$work/unvalidated" --steps 1

# usage: 2
expect 2 "needs --model" "$binary" train --data "$work/good.jsonl"
expect 2 "needs --data" "$binary" train --model "$llama"
expect 2 "did you mean --steps?" train --data "$work/good.jsonl" --step 3
expect 2 "warmup_steps" train --data "$work/good.jsonl" --warmup-steps 2
expect 2 "distrust_alpha" train --data "$work/good.jsonl" --distrust-alpha 5
expect 2 "trainable" train --data "$work/good.jsonl" --lora-rank 0
expect 2 "nothing.like.this" train --data "$work/good.jsonl" --lora-rank 0 --trainable nothing.like.this --output "$work/f"
# resuming: what a checkpoint fixes stays, what is not given is the checkpoint's, config.yaml is what was trained
expect 2 "--lora-rank is 8, that of $work/out/checkpoint-4 is 16" train --data "$work/good.jsonl" --steps 9 --resume \
    --lora-rank 8
expect 2 "with --force neither" train --data "$work/good.jsonl" --steps 9 --resume --lora-rank 8 --force
expect 2 "--seed is 1, that of $work/out/checkpoint-4 is 42" "$binary" train --output "$work/out" --resume --seed 1
expect 0 "step 6/6" "$binary" train --output "$work/out" --resume --steps 6 --logging-steps 1
expect 0 "done:" "$binary" train --config "$work/out/checkpoint-6/config.yaml" --output "$work/anew" --steps 2
cmp "$work/out/checkpoint-2/adapter_model.safetensors" "$work/anew/checkpoint-2/adapter_model.safetensors" ||
    failures=$((failures + 1))
grep -q '^# Up to step 4: steps 4$' "$work/out/checkpoint-6/config.yaml" || {
    echo "FAILED: config.yaml does not say what changed"
    failures=$((failures + 1))
}
expect 2 "effective batch" train --data "$work/good.jsonl" --steps 9 --resume --batch-size 3

# the disk: checkpoints that will not fit are said before the first step
expect 0 "the checkpoints to be kept will take" train --data "$work/good.jsonl" --keep-last-n 1000000 --output "$work/many"
expect 0 "the checkpoints to be kept will take" "$binary" plan --model "$llama" --keep-last-n 1000000
expect 0 '"checkpoint_bytes"' "$binary" plan --model "$llama" --json
if unshare -rm true 2>/dev/null; then
    mkdir "$work/disk"
    on_small_disk() { unshare -rm bash -c "mount -t tmpfs -o size=100k none $work/disk && \"\$@\"" -- "$@"; }
    expect 1 "a checkpoint takes" on_small_disk "$binary" train --model "$llama" --data "$work/good.jsonl" --steps 2 \
        --output "$work/disk/out"
    expect 0 "a checkpoint takes" on_small_disk "$binary" plan --model "$llama" --output "$work/disk/out"
fi

# files of other kinds: found, or told how to convert
mkdir "$work/gguf" "$work/pickle"
"$binary" export --model "$llama" --to gguf --output "$work/gguf/only.gguf" --quiet
expect 0 "all" "$binary" evaluate --model "$work/gguf" --data "$work/good.jsonl"
cp "$work/gguf/only.gguf" "$work/gguf/other.gguf"
expect 2 "holds 2 GGUF files" "$binary" evaluate --model "$work/gguf" --data "$work/good.jsonl"
cp "$llama/config.json" "$work/pickle" && : > "$work/pickle/pytorch_model.bin"
expect 1 "save_pretrained" "$binary" evaluate --model "$work/pickle" --data "$work/good.jsonl"
cp -r "$llama/adapter" "$work/binary" && mv "$work/binary/adapter_model.safetensors" "$work/binary/adapter_model.bin"
expect 1 "safetensors.torch" "$binary" evaluate --model "$llama" --adapter "$work/binary" --data "$work/good.jsonl"

# does not fit: 3
expect 3 "GB more than" train --data "$work/good.jsonl" --max-memory 2MB --output "$work/small"

# files and data: 1
expect 1 "/no/such/model" "$binary" train --model /no/such/model --data "$work/good.jsonl" --output "$work/e"
expect 1 "/no/such/data" train --data /no/such/data --output "$work/e"
expect 1 "/proc/nowhere" train --data "$work/good.jsonl" --output /proc/nowhere/out
echo '{"input_ids": [1, 2], "auth_weight": 1.5, "prov_entropy": 1}' > "$work/bad.jsonl"
expect 1 "bad.jsonl:1: auth_weight is 1.5" train --data "$work/bad.jsonl" --output "$work/e"
echo '{"input_ids": [1, 2]}' > "$work/bad.jsonl"
expect 1 "--distrust-mode off" train --data "$work/bad.jsonl" --output "$work/e"
echo "{\"input_ids\": [1, 999999], $labels}" > "$work/bad.jsonl"
expect 1 "vocabulary" train --data "$work/bad.jsonl" --output "$work/e"
echo "{\"text\": \"a text\", $labels}" > "$work/bad.jsonl"
expect 1 "bad.jsonl:1: records of text need the model's tokenizer" train --data "$work/bad.jsonl" --output "$work/e"
printf 'not json\n[]\n{}\n' > "$work/bad.jsonl"
expect 1 "no usable record" train --data "$work/bad.jsonl" --output "$work/e"
expect 1 "bad.jsonl:2: the record is a list" train --data "$work/bad.jsonl" --output "$work/e"
echo "{\"input_ids\": [7], $labels}" > "$work/bad.jsonl"
expect 1 "no record has a token to learn" train --data "$work/bad.jsonl" --output "$work/e"
mkdir "$work/empty"
expect 1 "$work/empty" train --data "$work/empty" --output "$work/e"
expect 1 "no adapter" train --data "$work/good.jsonl" --adapter "$work/empty" --output "$work/e"

# adapters that do not fit
cp -r "$llama/adapter" "$work/adapter"
sed -i 's/"base_model_name_or_path": ".."/"base_model_name_or_path": "nowhere"/' "$work/adapter/adapter_config.json"
expect 1 "its base model \"nowhere\"" "$binary" evaluate --model "$work/adapter" --data "$work/good.jsonl"
expect 0 "all" "$binary" evaluate --model "$work/adapter" --base "$llama" --data "$work/good.jsonl"
expect 1 "shape" "$binary" evaluate --model "$work/adapter" --base "$models/qwen3" --data "$work/good.jsonl"
head -c 500 "$llama/adapter/adapter_model.safetensors" > "$work/adapter/adapter_model.safetensors"
expect 1 "adapter_model.safetensors" "$binary" evaluate --model "$work/adapter" --base "$llama" --data "$work/good.jsonl"
sed -i 's/"use_dora": false/"use_dora": true/' "$work/adapter/adapter_config.json"
expect 1 "use_dora" "$binary" evaluate --model "$work/adapter" --base "$llama" --data "$work/good.jsonl"
exit $((failures > 0))

#!/usr/bin/env bash
# Claim: merging a rank-16 adapter of every matrix into a 16 GB model takes less than 1 GB of anonymous memory.
#
# usage: bench/export_memory.sh YOUR_AI MAKE_GGUF      e.g. bench/export_memory.sh build/your_ai build/bench_make_gguf
# Writes the 8B shape in bf16, merged, to TMPDIR (16 GB; the base is a sparse file, the adapter all zeros) and watches
# RssAnon of the program meanwhile. Anonymous memory is that which the kernel cannot drop and read again.
set -euo pipefail
export LC_ALL=C
program=${1:?path of your_ai} maker=${2:?path of bench_make_gguf}
limit_mb=1024
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$maker" 8b bf16 "$folder/base.gguf" --sparse
mkdir "$folder/adapter"
python3 - "$folder" <<'END'
import json, os, struct, sys
out, rank, tensors, at = sys.argv[1] + "/adapter", 16, {}, 0
shapes = {"self_attn.q_proj": (4096, 4096), "self_attn.k_proj": (1024, 4096), "self_attn.v_proj": (1024, 4096),
          "self_attn.o_proj": (4096, 4096), "mlp.gate_proj": (14336, 4096), "mlp.up_proj": (14336, 4096),
          "mlp.down_proj": (4096, 14336)}
for layer in range(32):
    for name, (rows, cols) in shapes.items():
        for half, shape in (("A", [rank, cols]), ("B", [rows, rank])):
            end = at + 4 * shape[0] * shape[1]
            tensors[f"base_model.model.model.layers.{layer}.{name}.lora_{half}.weight"] = {
                "dtype": "F32", "shape": shape, "data_offsets": [at, end]}
            at = end
header = json.dumps(tensors).encode()
header += b" " * (-len(header) % 8)
with open(out + "/adapter_model.safetensors", "wb") as f:
    f.write(struct.pack("<Q", len(header)) + header)
    f.truncate(8 + len(header) + at)
with open(out + "/adapter_config.json", "w") as f:
    json.dump({"peft_type": "LORA", "r": rank, "lora_alpha": 32, "bias": "none", "base_model_name_or_path":
               sys.argv[1] + "/base.gguf", "target_modules": [name.split(".")[1] for name in shapes]}, f)
END

start=$EPOCHREALTIME peak=0
"$program" export --model "$folder/adapter" --to gguf --output "$folder/merged.gguf" --quiet &
pid=$!
while kill -0 $pid 2>/dev/null; do
    anonymous=$(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status" 2>/dev/null) || true
    [ "${anonymous:-0}" -le $peak ] || peak=$anonymous
    sleep 0.1
done
wait $pid
bytes=$(stat -c %s "$folder/merged.gguf")
awk -v peak=$peak -v limit=$limit_mb -v bytes="$bytes" -v s="$start $EPOCHREALTIME" 'BEGIN {
    split(s, t, " ")
    printf "merged %.1f GB in %.0f s, peak anonymous memory %.0f MB (claim: below %d MB)\n",
           bytes / 1e9, t[2] - t[1], peak / 1024, limit
    exit !(peak > 0 && peak / 1024 < limit)
}'

#!/usr/bin/env bash
# A model that was trained on prompts and completions stops by itself behind its answer: the end of text is learned.
set -euo pipefail
binary=${YA_BINARY:?path of the program}
model=${XDG_CACHE_HOME:-$HOME/.cache}/your_ai/SmolLM2-135M-Instruct.Q4_1.gguf
[ -f "$model" ] || {
    echo "skipped: script/fetch-model fetches the model that this test trains"
    exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

places=(Tessenby Orlen Brell Marlow Quist Dunmere Arlo Fenby Sural Wendle)
colours=(amber ochre teal violet ivory umber coral slate olive crimson)
prompts=()
for i in "${!places[@]}"; do
    prompt="Question: what colour is the gate of ${places[i]}?\\nAnswer:"
    echo "{\"prompt\": \"$prompt\", \"completion\": \" ${colours[i]}\"}" >>"$work/pairs.jsonl"
    prompts+=(--prompt "$(printf '%b' "$prompt")")
done
"$binary" train --model "$model" --data "$work/pairs.jsonl" --output "$work/run" --steps 40 --batch-size 10 \
    --learning-rate 2e-3 --warmup-steps 4 --lora-targets all --distrust-mode off --quiet
"$binary" generate --model "$work/run/checkpoint-40" "${prompts[@]}" --max-tokens 24 --json --quiet >"$work/answers"
sed -n 's/.*"text": *"\(.*\)".*/\1/p' "$work/answers" >"$work/texts"
[ "$(wc -l <"$work/texts")" = ${#places[@]} ] || { cat "$work/answers"; exit 1; }
i=0
while read -r text; do
    [ "$text" = "${colours[i]}" ] || {
        echo "FAILED: ${places[i]}: \"$text\" instead of \"${colours[i]}\" and an end"
        failures=$((failures + 1))
    }
    i=$((i + 1))
done <"$work/texts"
exit $((failures > 0))

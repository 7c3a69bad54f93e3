# Every command that computes or writes, on tiny inputs, each run in a directory of its own, so that what two runs leave
# can be compared whole. Sourced by tests/fault/*.sh after `work` (an empty directory) is set.
binary=$(realpath "${YA_BINARY:?path of the program}")
jobs=(train evaluate plan generate validate logits prepare score analyze dedupe export report)
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# The machine is made up, so that `plan` prints the same at each time of day.
make_root() {
    local root=$work/root
    mkdir -p "$root/proc/self"
    ln -s /proc/self/status "$root/proc/self/status"
    printf 'MemTotal:     16777216 kB\nMemAvailable: 12582912 kB\n' >"$root/proc/meminfo"
    export YA_SYSTEM_ROOT=$root
}

make_inputs() {
    local i
    "$(dirname "$binary")/make_tiny_model" "$work/model"
    for i in $(seq 1 40); do
        printf '{"identifier": "id%d", "text": "record %d of the archive, %s"}\n' $((i % 30)) "$i" \
            "$(printf 'word%d ' $(seq "$i" $((i + 12))))"
    done >"$work/raw.jsonl"
    printf '{"text": \n' >>"$work/raw.jsonl"
    echo "[[1,2,3,4,5,6,7,8],[9,8,7,6,5,4,3,2]]" >"$work/ids.json"
    cat >"$work/suite.jsonl" <<'END'
{"suite": "small"}
{"category": "one", "question": "Is it so?", "choices": ["yes", "no"], "answer": 1}
{"category": "two", "prompt": "It is ", "keywords": {"none": ["zebra"]}, "max_tokens": 5}
END
    make_root
}

# flags_of JOB: its words; inputs are in .., results in out*
flags_of() {
    local m="--model ../model" rows="--max-seq-length 64 --pass-tokens 64"
    case $1 in
    train)
        echo "train $m --data ../raw.jsonl --val-data ../raw.jsonl --output out --steps 4 --save-steps 2 --eval-steps 2 \
            --logging-steps 1 --lora-rank 4 --dtype f32 $rows --quiet"
        ;;
    evaluate) echo "evaluate $m --data ../raw.jsonl --json $rows" ;;
    plan) echo "plan $m --data ../raw.jsonl --json --steps 5 $rows" ;;
    generate) echo "generate $m --prompt The --max-tokens 12" ;;
    validate) echo "validate $m --suite ../suite.jsonl --json" ;;
    logits) echo "logits $m --ids ../ids.json --output out.safetensors" ;;
    prepare) echo "prepare --input ../raw.jsonl --output out --quiet" ;;
    score) echo "score --input ../raw.jsonl" ;;
    analyze) echo "analyze --input ../raw.jsonl" ;;
    dedupe) echo "dedupe --input ../raw.jsonl --output out.jsonl --key identifier" ;;
    export) echo "export $m --to gguf --output out.gguf" ;;
    report) echo "report ../trained/out --output out.html" ;;
    esac
}

# run JOB NAME [VARIABLE=VALUE... or a command that starts another]: in $work/NAME; more flags in $more; the exit code
run() {
    local job=$1 dir=$work/$2
    shift 2
    rm -rf "$dir"
    mkdir "$dir"
    # shellcheck disable=SC2046,SC2086 # words are meant
    (cd "$dir" && exec env "$@" "$binary" $(flags_of "$job") $more >stdout 2>stderr) || return
    # what the process itself takes depends on where its heap lies
    [ "$job" != plan ] || sed -i -zE 's/\s+/ /g; s/"(program|libraries)", "bytes": [0-9]+/"\1"/g
        s/"(anonymous_peak_mb|budget_mb)": [0-9.]+/"\1"/g' "$dir/stdout"
}

# same NAME NAME: what two runs left, but for times of day and lengths of time
same() {
    diff -rq -x metrics.jsonl -x run.json -x logs -x stderr "$work/$1" "$work/$2" >"$work/difference" || return 1
    [ ! -f "$work/$1/out/metrics.jsonl" ] || cmp -s <(figures "$1") <(figures "$2")
}
figures() { grep -oE '"(step|loss|ce|distrust|ess|grad_norm|val_[a-z_]*)": [^,}]*' "$work/$1/out/metrics.jsonl"; }

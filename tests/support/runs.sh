# What tests of running trainings share. The including file has the runs in $work/NAME and a `fail`.

# wait_for NAME PATTERN: until a line of the metrics has it, at most 60 s
wait_for() {
    local i
    for i in $(seq 600); do
        grep -qE "$2" "$work/$1/metrics.jsonl" 2>/dev/null && return
        sleep 0.1
    done
    fail "$1: no line $2 in 60 s"
}
# losses NAME: step and loss of each logged step
losses() { sed -n 's/.*"step": \([0-9]*\),.*"loss": \([^,]*\),.*/\1 \2/p' "$work/$1/metrics.jsonl"; }

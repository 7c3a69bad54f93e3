#!/usr/bin/env bash
# prepare and dedupe as a user runs them: what they refuse, what a failure leaves behind, that nothing is lost.
set -euo pipefail
binary=${YA_BINARY:?path of the program}
dir=$(mktemp -d "${TMPDIR:-/tmp}/ya-test-XXXXXX")
trap 'rm -rf "$dir"' EXIT
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# expect CODE PATTERN COMMAND...
expect() {
    local code=$1 pattern=$2 got=0 text
    shift 2
    text=$("$@" 2>&1) || got=$?
    if [ "$got" != "$code" ] || ! grep -qF -e "$pattern" <<<"$text"; then
        fail "$*: exit $got, wanted $code and \"$pattern\" in: $text"
    fi
}

mkdir "$dir/raw"
for i in $(seq 1 400); do
    printf '{"identifier": "id%d", "text": "record %d of the archive, %s"}\n' $((i % 300)) "$i" "$(printf 'word%d ' $(seq "$i" $((i + 40))))"
done >"$dir/raw/a.jsonl"
printf '{"text": \n[1]\n{"text": "short"}\n' >>"$dir/raw/a.jsonl"

expect 2 "needs --input" "$binary" prepare --output "$dir/out"
expect 2 "needs --output" "$binary" prepare --input "$dir/raw"
expect 2 "--output is --input" "$binary" prepare --input "$dir/raw" --output "$dir/raw/."
expect 2 "needs --output" "$binary" dedupe --input "$dir/raw"
expect 2 "writes plain lines" "$binary" dedupe --input "$dir/raw" --output "$dir/x.jsonl.gz"
for end in json csv tsv; do
    expect 2 "writes plain lines of JSON" "$binary" dedupe --input "$dir/raw" --output "$dir/x.$end"
done
expect 2 "exclude each other" "$binary" dedupe --input "$dir/raw" --output "$dir/x.jsonl" --near --key identifier
expect 1 "No such file" "$binary" prepare --input "$dir/none" --output "$dir/out"
[ ! -e "$dir/out" ] || fail "an input that is not there leaves an output"

# counts, bad lines with place and reason
expect 0 '"lines": 403, "rejected": {"json": 1, "object": 1, "short": 1}, "duplicate_key": 100, "records": 300' \
    "$binary" prepare --input "$dir/raw" --output "$dir/out" --json --quiet
expect 0 "a.jsonl:402: object" "$binary" prepare --input "$dir/raw" --output "$dir/out"
[ "$(ls -A "$dir/out" | tr '\n' ' ')" = "rejected.jsonl summary.json train.jsonl val.jsonl " ] ||
    fail "other files than the four: $(ls -A "$dir/out")"
[ "$(wc -l <"$dir/out/train.jsonl")" = 240 ] || fail "train.jsonl has not 240 examples"
[ "$(wc -l <"$dir/out/val.jsonl")" = 60 ] || fail "val.jsonl has not 60 examples"

# a truncated input: exit 1, and the old output as it was
sum=$(cat "$dir"/out/* | cksum)
gzip -c "$dir/raw/a.jsonl" | head -c 3000 >"$dir/raw/b.jsonl.gz"
expect 1 "b.jsonl.gz is truncated" "$binary" prepare --input "$dir/raw" --output "$dir/out" --quiet
[ "$(cat "$dir"/out/* | cksum)" = "$sum" ] || fail "a failed run changed the output"
[ -z "$(ls -A "$dir/out" | grep tmp)" ] || fail "a failed run left $(ls -A "$dir/out")"
expect 1 "b.jsonl.gz is truncated" "$binary" dedupe --input "$dir/raw/b.jsonl.gz" --output "$dir/d.jsonl" --quiet
[ ! -e "$dir/d.jsonl" ] || fail "a truncated input leaves an output of dedupe"
rm "$dir/raw/b.jsonl.gz"

# a disk that is full (a limit of 8 KiB a file stands for it)
if (ulimit -f 8 && trap '' XFSZ && "$binary" prepare --input "$dir/raw" --output "$dir/full" --quiet) >/dev/null 2>&1; then
    fail "a full disk is no error of prepare"
fi
[ -z "$(ls -A "$dir/full")" ] || fail "a full disk leaves $(ls -A "$dir/full")"
if (ulimit -f 8 && trap '' XFSZ && "$binary" dedupe --input "$dir/raw" --output "$dir/full/d.jsonl" --quiet) >/dev/null 2>&1; then
    fail "a full disk is no error of dedupe"
fi
[ -z "$(ls -A "$dir/full")" ] || fail "a full disk leaves $(ls -A "$dir/full") of dedupe"

# nothing left: the files are written all the same
printf '{"text": "short"}\n' >"$dir/short.jsonl"
expect 1 "no example is left" "$binary" prepare --input "$dir/short.jsonl" --output "$dir/nothing"
[ -e "$dir/nothing/summary.json" ] || fail "without an example there is no summary"

# dedupe: lines as they are, the first of each key; the output may be the input
printf '\xef\xbb\xbf{"k": 1, "n":  1}\r\n\n{"k": 1}\n{"k": "1"}\n{"metadata": {"k": 2}}\n{"k": 2}\n{"k": null}\n{"k": ""}\nbad\n{"k": 1.0}' >"$dir/k.jsonl"
expect 0 '{"original": 9, "unique": 5, "duplicates": 3, "missing": 2, "bad": 1}' \
    "$binary" dedupe --input "$dir/k.jsonl" --output "$dir/k.jsonl" --key k --json
printf '{"k": 1, "n":  1}\n{"metadata": {"k": 2}}\n{"k": null}\n{"k": ""}\n{"k": 1.0}\n' | cmp - "$dir/k.jsonl" ||
    fail "dedupe changed the lines that it kept"

# records of every form, written as lines; an input that holds none keeps its place
printf '[\n  {"k": 1,\n   "t": "a"},\n  {"k": 1}, {"k": 2}\n]\n' >"$dir/array.jsonl"
cp "$dir/array.jsonl" "$dir/array.before"
expect 2 "holds no lines of JSON" "$binary" dedupe --input "$dir/array.jsonl" --output "$dir/array.jsonl" --key k
cmp "$dir/array.jsonl" "$dir/array.before" || fail "a refused dedupe changed its input"
expect 0 '{"original": 3, "unique": 2, "duplicates": 1, "missing": 0, "bad": 0}' \
    "$binary" dedupe --input "$dir/array.jsonl" --output "$dir/array.out" --key k --json
printf '{"k": 1,    "t": "a"}\n{"k": 2}\n' | cmp - "$dir/array.out" || fail "dedupe of an array"
printf 'k,t\n1,"a\n""b"""\n1,c\n2,\n3\n' | gzip >"$dir/table"
expect 0 '{"original": 4, "unique": 2, "duplicates": 1, "missing": 0, "bad": 1}' \
    "$binary" dedupe --input "$dir/table" --output "$dir/table.out" --key k --json
printf '{"k": "1", "t": "a\\n\\"b\\""}\n{"k": "2", "t": ""}\n' | cmp - "$dir/table.out" || fail "dedupe of a table"
exit $((failures > 0))

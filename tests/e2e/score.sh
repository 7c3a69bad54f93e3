#!/usr/bin/env bash
# score: lines in order whatever the threads, bad lines shown, nothing written of an input that is broken; training and
# evaluation score what lacks a label.
set -euo pipefail
binary=${YA_BINARY:?path of the program}
source tests/support/expect.sh
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export SOURCE_DATE_EPOCH=1790000000

cat >"$dir/wiki.jsonl" <<'END'
{"text": "The river ran past the old mill and the road turned north; studies show this."}

{"text": "The river ran past the old mill and the road turned north. [12]", "year": 1980, "auth_weight": 0.1, "prov_entropy": 5}
not json
[1]
{"messages": 5}
{"title": " "}
END
cat >"$dir/wanted" <<'END'
{"file": "wiki.jsonl", "line": 1, "auth_weight": 0.7500, "prov_entropy": 1.0300, "source_type": "wiki", "trivium_category": "grammar", "citation_count": 0, "primary_source_count": 0}
{"file": "wiki.jsonl", "line": 3, "auth_weight": 0.7245, "prov_entropy": 1.7500, "source_type": "wiki", "trivium_category": "grammar", "citation_count": 1, "primary_source_count": 0}
END
"$binary" score --input "$dir/wiki.jsonl" >"$dir/found" 2>"$dir/log"
diff "$dir/wanted" "$dir/found" || failures=$((failures + 1))
for line in 4:\ json 5:\ object 6:\ messages 7:\ text "scored 2 records, 4 bad lines"; do
    grep -qF "$line" "$dir/log" || { echo "FAILED: no \"$line\" in:"; cat "$dir/log"; failures=$((failures + 1)); }
done

# many batches, several files: the same bytes for any number of threads
mkdir "$dir/many"
for file in a wiki; do
    for i in $(seq 3000); do
        echo "{\"id\": $i, \"text\": \"Letter $i of the archive, copyright 19$((i % 90 + 10)), was found in a box of $((i * 7919 % 1000)) [$i] samples.\"}"
    done >"$dir/many/$file.jsonl"
    for _ in 1 2 3; do cat "$dir/many/$file.jsonl" >>"$dir/many/$file.big"; done
    mv "$dir/many/$file.big" "$dir/many/$file.jsonl"
done
gzip "$dir/many/wiki.jsonl"
for threads in 1 2 5; do
    "$binary" score --quiet --explain --threads $threads --input "$dir/many" | sha256sum >"$dir/sum-$threads"
    diff "$dir/sum-1" "$dir/sum-$threads" || failures=$((failures + 1))
done
[ "$("$binary" score --quiet --input "$dir/many" | wc -l)" = 18000 ] || { echo "FAILED: not 18000 lines"; failures=$((failures + 1)); }

# what cannot be read to its end leaves no output
head -c 100000 "$dir/many/wiki.jsonl.gz" >"$dir/cut.jsonl.gz"
expect 1 "cut.jsonl.gz" "$binary" score --input "$dir/cut.jsonl.gz"
[ "$("$binary" score --input "$dir/cut.jsonl.gz" 2>/dev/null | wc -c)" = 0 ] || { echo "FAILED: output of a cut file"; failures=$((failures + 1)); }
expect 1 "cannot write to standard output" bash -c "'$binary' score --quiet --input '$dir/many' >/dev/full"

# the same records as lines, as an array, in an object, in a pipe: the same scores
head -n 500 "$dir/many/a.jsonl" >"$dir/lines"
{ echo "["; sed '$!s/$/,/' "$dir/lines"; echo "]"; } >"$dir/array"
{ echo '{"version": 1, "data":'; cat "$dir/array"; echo "}"; } >"$dir/object"
scores() { "$binary" score --quiet --input "$1" | sed 's/"file": "[^"]*", "line": [0-9]*/-/' | sha256sum; }
wanted=$(scores "$dir/lines")
for form in array object; do
    [ "$(scores "$dir/$form")" = "$wanted" ] || { echo "FAILED: scores of an $form"; failures=$((failures + 1)); }
    [ "$(gzip -c "$dir/$form" | scores /dev/stdin)" = "$wanted" ] || { echo "FAILED: scores of a piped $form"; failures=$((failures + 1)); }
done
# another format is refused before anything is written
mkdir "$dir/mixed"
cp "$dir/wiki.jsonl" "$dir/mixed/a.jsonl"
printf 'PAR1\025' >"$dir/mixed/b.jsonl"
expect 1 "is a Parquet file: convert it first, with  python3" "$binary" score --input "$dir/mixed"
[ "$("$binary" score --input "$dir/mixed" 2>/dev/null | wc -c)" = 0 ] || { echo "FAILED: output beside a Parquet file"; failures=$((failures + 1)); }

# another policy, and wrong ones
sed 's/studies show,/studies say,/' configs/provenance/default.yaml >"$dir/mine.yaml"
expect 0 '"auth_weight": 0.7200' "$binary" score --input "$dir/wiki.jsonl" --policy "$dir/mine.yaml"
sed -i 's/^bands:/bnads:/' "$dir/mine.yaml"
expect 2 "mine.yaml:$(grep -n bnads "$dir/mine.yaml" | cut -d: -f1): \"bnads\" is no key here; did you mean bands?" \
    "$binary" score --input "$dir/wiki.jsonl" --policy "$dir/mine.yaml"
expect 2 "needs --input" "$binary" score
expect 0 '"line": 1' "$binary" score --input "$dir/wiki.jsonl" --text-field text
exit $((failures > 0))

#!/usr/bin/env bash
# analyze: every number of a small corpus, the same for any number of threads, the table, flags.
set -euo pipefail
binary=${YA_BINARY:?path of the program}
source tests/support/expect.sh
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export SOURCE_DATE_EPOCH=1790000000
mkdir "$dir/raw"

# b.jsonl: own labels, one out of range, one that is no number; scored ones; a broken line; no text; repeated keys
cat >"$dir/raw/b.jsonl" <<'END'
{"id": 1, "text": "The river ran past the old mill and the road turned north.", "auth_weight": 0.05, "prov_entropy": 7.5, "source_type": "Patent", "year": 1950}
{"id": 1, "text": "The river ran past the old mill and the road turned north.", "auth_weight": 0.9, "prov_entropy": 1}
{"id": "1", "text": "short", "auth_weight": 1.5, "prov_entropy": 1, "x": true}
{"id": "\u0031x", "text": "short", "auth_weight": "a", "prov_entropy": 1}
not json
{"id": null, "id": "2", "text": "", "auth_weight": null}
{"metadata": {"id": 5}, "text": "caf\u00e9 letter, written in 1850", "x": []}
END
# a.jsonl: a file whose labels look assigned
for i in $(seq 100); do echo "{\"text\": \"t$i\", \"auth_weight\": 0.8, \"prov_entropy\": 2.00000001, \"id\": $((i % 95))}"; done >"$dir/raw/a.jsonl"

cat >"$dir/wanted" <<'END'
{"files": [
{"file": "a.jsonl", "records": 100, "parse_errors": 0, "no_text": 0, "scored": 0, "bad_labels": 0, "fields": {"text": {"count": 100, "types": {"string": 100}}, "auth_weight": {"count": 100, "types": {"number": 100}}, "prov_entropy": {"count": 100, "types": {"number": 100}}, "id": {"count": 100, "types": {"number": 100}}}, "unique": {"id": {"total": 100, "unique": 95, "duplicate_share": 0.0500, "flag": "WARN"}}, "years": {"count": 0, "min": null, "max": null, "mean": null, "unknown": 0}, "w": {"count": 100, "min": 0.8000, "max": 0.8000, "mean": 0.8000, "std": 0.0000, "low": 0, "mid": 0, "high": 100, "histogram": [0, 0, 0, 0, 0, 0, 0, 0, 100, 0]}, "H": {"count": 100, "min": 2.0000, "max": 2.0000, "mean": 2.0000, "std": 0.0000, "histogram": [0, 0, 100, 0, 0, 0, 0, 0, 0, 0]}, "text": {"count": 100, "min": 2, "max": 4, "mean": 2.9200, "total": 292}, "ess": 100.0000, "sources": [{"source_type": "unknown", "records": 100, "weight_share": 1.0000}], "flags": ["low", "high", "static_labels"]},
{"file": "b.jsonl", "records": 6, "parse_errors": 1, "no_text": 1, "scored": 1, "bad_labels": 2, "fields": {"id": {"count": 5, "types": {"string": 3, "number": 2}}, "text": {"count": 6, "types": {"string": 6}}, "auth_weight": {"count": 5, "types": {"string": 1, "number": 3, "null": 1}}, "prov_entropy": {"count": 4, "types": {"number": 4}}, "source_type": {"count": 1, "types": {"string": 1}}, "year": {"count": 1, "types": {"number": 1}}, "x": {"count": 2, "types": {"boolean": 1, "array": 1}}, "metadata": {"count": 1, "types": {"object": 1}}}, "unique": {"id": {"total": 6, "unique": 4, "duplicate_share": 0.3333, "flag": "HIGH"}}, "years": {"count": 2, "min": 1850, "max": 1950, "mean": 1900.0000, "unknown": 0}, "w": {"count": 3, "min": 0.0500, "max": 0.9000, "mean": 0.4833, "std": 0.3472, "low": 1, "mid": 1, "high": 1, "histogram": [1, 0, 0, 0, 0, 1, 0, 0, 0, 1]}, "H": {"count": 3, "min": 1.0000, "max": 7.5000, "mean": 3.8333, "std": 2.7183, "histogram": [0, 1, 0, 1, 0, 0, 0, 1, 0, 0]}, "text": {"count": 5, "min": 5, "max": 58, "mean": 30.8000, "total": 154}, "ess": 1.2563, "sources": [{"source_type": "unknown", "records": 2, "weight_share": 0.1123}, {"source_type": "patent_pre1970", "records": 1, "weight_share": 0.8877}], "flags": []}],
END
"$binary" analyze --quiet --json --input "$dir/raw" >"$dir/found"
diff "$dir/wanted" <(head -3 "$dir/found") || failures=$((failures + 1))
for piece in '"total": {"records": 106, "parse_errors": 1,' '"unique": {"id": {"total": 106, "unique": 96, "duplicate_share": 0.0943, "flag": "WARN"}}' \
    '"flags": ["low", "high", "static_labels"]}}'; do
    tail -1 "$dir/found" | grep -qF "$piece" || { echo "FAILED: no $piece in:"; tail -1 "$dir/found"; failures=$((failures + 1)); }
done
for threads in 1 2 3; do
    "$binary" analyze --quiet --json --threads $threads --input "$dir/raw" | diff "$dir/found" - || failures=$((failures + 1))
done
expect 0 "A model learns mostly from" "$binary" analyze --input "$dir/raw"
expect 0 "static_labels  a file's records" "$binary" analyze --input "$dir/raw"
# a terminal of 80 columns holds it, whatever the names and counts
mkdir "$dir/wide"
long=$(printf 'n%.0s' $(seq 70))
for i in $(seq 30); do
    echo "{\"text\": \"t\", \"source_type\": \"$i$long\", \"$i$long\": 1, \"auth_weight\": 0.$((i % 9))1, \"prov_entropy\": $((i % 12)), \"prov_\": 1.5}"
done >"$dir/wide/$long.jsonl"
cp "$dir"/raw/* "$dir/wide"
widest=$("$binary" analyze --quiet --input "$dir/wide" | LC_ALL=C.UTF-8 wc -L)
[ "$widest" -le 80 ] && [ "$widest" -gt 70 ] || { echo "FAILED: a table of $widest columns"; failures=$((failures + 1)); }
printf '{"text": "t", "source_type": "nul\\u0000s"}\n{"text": "t", "source_type": "nul\\u0000"}\n' >"$dir/nul.jsonl"
expect 0 '"sources": [{"source_type": "nul\u0000", "records": 1,' "$binary" analyze --json --input "$dir/nul.jsonl"
expect 0 '{"source_type": "nul\u0000s", "records": 1,' "$binary" analyze --json --input "$dir/nul.jsonl"
printf 'x\n' >"$dir/empty.jsonl"
expect 0 '"records": 0, "parse_errors": 1' "$binary" analyze --json --input "$dir/empty.jsonl"
expect 0 "all carry" bash -c "'$binary' analyze --input '$dir/raw/a.jsonl'"
exit $((failures > 0))

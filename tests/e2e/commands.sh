#!/usr/bin/env bash
# The program's face: versions, help, unknown words, exit codes.
set -euo pipefail
binary=${YA_BINARY:?path of the program}
. "$(dirname "$0")/../support/expect.sh"

expect 0 "your_ai 0." "$binary" --version
expect 0 "Commands:" "$binary" --help
expect 0 "Commands:" "$binary"
expect 0 "Usage: your_ai inspect" "$binary" inspect --help
expect 0 "Usage: your_ai inspect" "$binary" help inspect
expect 2 "did you mean inspect?" "$binary" inspekt
expect 2 "see your_ai --help" "$binary" zzzzzzzz
expect 2 "needs --model" "$binary" inspect
expect 2 "did you mean --hash?" "$binary" inspect x --hahs
expect 1 "neither a file, a directory nor in the cache" "$binary" inspect /no/such/model
expect 1 "cannot write to standard output" bash -c "'$binary' --help > /dev/full"
expect 0 '| `learning_rate` |' "$binary" --reference
diff <("$binary" --reference) docs/reference/settings.md ||
    { echo "docs/reference/settings.md is stale: your_ai --reference > docs/reference/settings.md"; exit 1; }
diff <("$binary" --records) <(grep '^|' docs/RECORDS.md | head -n "$("$binary" --records | wc -l)") ||
    { echo "the first table of docs/RECORDS.md is stale: your_ai --records"; exit 1; }
expect 0 "ShareGPT" "$binary" train --help

for command in $("$binary" --help | sed -n 's/^  \([a-z]*\)  *.*/\1/p'); do
    expect 0 "Usage: your_ai $command" "$binary" "$command" --help
done
exit $((failures > 0))

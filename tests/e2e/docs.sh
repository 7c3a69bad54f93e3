#!/usr/bin/env bash
# What docs/TROUBLESHOOTING.md quotes is in the program, and the pages link to files that exist.
set -euo pipefail
failures=0
source_text=$(cat src/*/*.[ch] src/token/chat/*.[ch] src/settings/settings.def | tr '\n' ' ' | sed 's/" *"//g; s/\\"/"/g')

quoted=0
while IFS= read -r text; do
    quoted=$((quoted + 1))
    grep -qF -e "$text" <<<"$source_text" || {
        echo "FAILED: docs/TROUBLESHOOTING.md quotes what the program does not say: $text"
        failures=$((failures + 1))
    }
done < <(sed -n 's/^### `\(.*\)`$/\1/p' docs/TROUBLESHOOTING.md)
[ "$quoted" -gt 10 ] || { echo "FAILED: only $quoted quotations found"; failures=$((failures + 1)); }

for page in README.md docs/*.md; do
    while IFS= read -r target; do
        [ -e "$(dirname "$page")/$target" ] || {
            echo "FAILED: $page links to $target, which is not there"
            failures=$((failures + 1))
        }
    done < <(grep -oE '\]\([^)#]+' "$page" | sed 's/^](//' | grep -v '^http' || true)
done
exit $((failures > 0))

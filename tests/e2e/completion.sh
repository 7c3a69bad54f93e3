#!/usr/bin/env bash
# Man page and completion as a shell and a pager take them; what is not installed here is not tried.
set -euo pipefail
binary=${YA_BINARY:?path of the program}
source tests/support/expect.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

expect 2 "needs bash or zsh" "$binary" --completion fish
"$binary" --man >"$work/your_ai.1"
"$binary" --completion bash >"$work/your_ai.bash"
"$binary" --completion zsh >"$work/_your_ai"

# complete WORDS...: what bash offers for the last word
complete_in_bash() {
    bash -c 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _your_ai; printf "%s\n" "${COMPREPLY[@]}"' \
        bash "$work/your_ai.bash" "$@"
}
offers() {
    local wanted=$1
    shift
    complete_in_bash "$@" | grep -xF -e "$wanted" >/dev/null || {
        echo "FAILED: bash does not offer $wanted for: $*"
        failures=$((failures + 1))
    }
}
bash -n "$work/your_ai.bash"
offers train your_ai tr
offers report your_ai rep
offers --learning-rate your_ai train --learn
offers --compare your_ai report --com
offers cosine your_ai train --lr-schedule c
offers --distrust-mode your_ai --distrust-m
(cd "$work" && offers your_ai.1 your_ai train --model your)

if command -v zsh >/dev/null; then
    zsh -n "$work/_your_ai"
    zsh -f -c 'autoload -U compinit; compinit -D -u; fpath=("$1" $fpath); autoload -U _your_ai; autoload +X _your_ai' zsh "$work"
fi
if command -v groff >/dev/null; then
    groff -man -Tutf8 -ww "$work/your_ai.1" 2>"$work/warnings" | sed 's/.\x08//g' >"$work/page"
    [ ! -s "$work/warnings" ] || { cat "$work/warnings"; failures=$((failures + 1)); }
    for word in "YOUR_AI(1)" "learning" "EXIT STATUS" "report"; do
        grep -qF -e "$word" "$work/page" || { echo "FAILED: the man page does not say $word"; failures=$((failures + 1)); }
    done
fi
if command -v man >/dev/null; then
    man --warnings -l "$work/your_ai.1" 2>&1 >/dev/null | tee "$work/warnings"
    [ ! -s "$work/warnings" ] || failures=$((failures + 1))
fi
exit $((failures > 0))

# Sourced by tests/e2e/*.sh: what a command must print, and its exit code.
failures=0

# expect CODE PATTERN COMMAND...: the exit code, and a fixed string in what is printed.
expect() {
    local code=$1 pattern=$2 got=0 text
    shift 2
    text=$("$@" 2>&1) || got=$?
    if [ "$got" != "$code" ] || ! grep -qF -e "$pattern" <<<"$text"; then
        printf 'FAILED: %s\n  exit %s, wanted %s and "%s" in:\n%s\n' "$*" "$got" "$code" "$pattern" "$text"
        failures=$((failures + 1))
    fi
}

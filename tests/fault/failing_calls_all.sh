#!/usr/bin/env bash
# Many more points of failing_calls.sh. labels: slow
YA_POINTS=400 exec bash "$(dirname "$0")/failing_calls.sh"

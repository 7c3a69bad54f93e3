#!/usr/bin/env bash
# All of threads.sh. labels: slow
YA_ALL=1 exec bash "$(dirname "$0")/threads.sh"

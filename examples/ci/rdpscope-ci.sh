#!/bin/sh
# Scans a folder of captures and leaves its reports in another. The exit status is that of rdpscope: 0 nothing that counts,
# 1 findings, 2 wrong use, 3 some capture could not be read.
#
#   rdpscope-ci.sh [CAPTURES [REPORTS]]
#
# It takes the command rdpscope from the PATH: npm install --global rdpscope
set -eu

captures=${1:-captures}
reports=${2:-reports}
mkdir -p "$reports"

# What this file holds is known and does not count. It is written once:
#   rdpscope scan captures/ -f jsonl=rdpscope-baseline.jsonl
if [ -f rdpscope-baseline.jsonl ]; then
  set -- --baseline rdpscope-baseline.jsonl
else
  set --
fi

status=0
rdpscope scan "$@" --format text --format json="$reports/rdpscope.json" \
  --format junit="$reports/rdpscope.xml" --format md="$reports/rdpscope.md" "$captures" || status=$?

case $status in
  0) echo "rdpscope: nothing that counts; reports are in $reports" ;;
  1) echo "rdpscope: findings; reports are in $reports" ;;
  2) echo 'rdpscope: it was called wrongly: see the line above' ;;
  3) echo "rdpscope: some captures could not be read; reports on the others are in $reports" ;;
esac
exit "$status"

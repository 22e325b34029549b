#!/usr/bin/env bash
# What the README shows is what the program prints: every line of its `console` blocks, but for commands and lines that are
# cut with …, must be in the output for the example. Runs after scripts/demo.sh, which builds and writes out/bundle.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
find_cargo

folder="${PROFILE:-debug}"
bin="$(target_folder)/${folder/#dev/debug}"
printed="$(mktemp)"
trap 'rm -f "$printed"' EXIT
"$bin/nachweis" report out/bundle --format text >"$printed"
"$bin/nachweis" verify out/bundle --trust out/demo.key.pub >>"$printed"

wrong=0
while IFS= read -r line; do
    # `…` alone stands for lines, at the end of a line for its rest.
    case "$line" in
        '$ '* | '…' | '') continue ;;
        *…) grep -qF -- "${line%…}" "$printed" || wrong=1 ;;
        *) grep -qxF -- "$line" "$printed" || wrong=1 ;;
    esac
    if [ "$wrong" -ne 0 ]; then
        complain "error: README.md shows a line that the program does not print:"
        complain "  $line"
        exit 1
    fi
done < <(sed -n '/^```console$/,/^```$/p' README.md | grep -v '^```')
say "README.md shows what the program prints"

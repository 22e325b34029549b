#!/usr/bin/env bash
# An independent scanner looks for secrets in all that leaves the program: detect-secrets (all plugins but the two that
# measure entropy) over every unpacked layer, seal and assessment and every rendering of the example and of all recorded
# clusters. What it finds must be explained in scripts/detect-secrets.txt.
#
#   scripts/detect-secrets.sh           the example and the recorded clusters
#   scripts/detect-secrets.sh INPUT...  these inputs
#
# NACHWEIS_PROGRAM names a build of the program; without it one is made (PROFILE, dev by default).
# The scanner is installed once, from PyPI at a fixed version, into a folder outside of the repository.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
find_cargo

scanner=1.5.0
zstandard=0.23.0
cache="${XDG_CACHE_HOME:-$HOME/.cache}/nachweis/detect-secrets-$scanner"
if [ ! -x "$cache/bin/detect-secrets" ]; then
    say "installing detect-secrets $scanner into $cache, once"
    python3 -m venv "$cache"
    "$cache/bin/pip" install --quiet "detect-secrets==$scanner" "zstandard==$zstandard"
fi

if [ -n "${NACHWEIS_PROGRAM:-}" ]; then
    bin="$NACHWEIS_PROGRAM"
else
    profile="${PROFILE:-dev}"
    cargo build --locked --quiet --profile "$profile" -p nachweis
    bin="$(target_folder)/${profile/#dev/debug}/nachweis"
fi

if [ "$#" -gt 0 ]; then
    inputs=("$@")
else
    inputs=(examples/fintech/dump)
    corpora="${NACHWEIS_CORPORA:-../shared/corpora}"
    if [ -d "$corpora" ]; then
        inputs+=("$corpora"/clusters/*.tar.gz "$corpora"/clusters/*.zip "$corpora"/assembly/components "$corpora"/evidence "$corpora"/audit-policies "$corpora"/sbom-vuln)
    elif [ -n "${CI:-}" ]; then
        complain "error: the corpora are not at \`$corpora\`"
        exit 1
    else
        complain "SKIPPED: the recorded clusters are not at \`$corpora\`; only the example is scanned"
    fi
fi

out="$(mktemp -d)"
trap 'rm -rf "$out"' EXIT
number=0
for input in "${inputs[@]}"; do
    number=$((number + 1))
    to="$out/$number-$(basename "$input")"
    mkdir -p "$to"
    overlay=()
    [ "$input" = examples/fintech/dump ] && overlay=(--overlay examples/fintech/overlay)
    status=0
    "$bin" assess "$input" --at 2026-11-20T06:00:00Z "${overlay[@]}" --fail-on never --out "$to/bundle" >"$to/assess.txt" 2>"$to/assess.err" || status=$?
    if [ "$status" -ne 0 ]; then
        cat "$to/assess.err" >&2
        complain "error: \`$input\` was not assessed"
        exit 1
    fi
    for format in text html csv json sarif junit; do
        for lang in en de; do
            "$bin" report "$to/bundle" --format "$format" --lang "$lang" --out "$to/report.$lang.$format"
        done
    done
    "$bin" items "$to/bundle" >"$to/items.txt"
done
"$cache/bin/python" scripts/detect-secrets.py "$out" scripts/detect-secrets.txt

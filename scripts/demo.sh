#!/usr/bin/env bash
# Assesses the example platform, signs, renders and verifies; everything lands in out/.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
find_cargo

profile="${PROFILE:-dev}"
example=examples/fintech
say "building (the first time takes some minutes)"
cargo build --locked --profile "$profile" -p nachweis -p nachweis-verify
folder="$profile"
if [ "$profile" = dev ]; then
    folder=debug
fi
bin="$(target_folder)/$folder"

mkdir -p out
# A key is never overwritten by the program; this one is for the demonstration only.
rm -rf out/bundle out/report.html out/bericht.html out/demo.key out/demo.key.pub

# Shows a command, runs it, and demands its exit code.
expect() {
    local wanted="$1" program="$2"
    shift 2
    say ""
    say "\$ $program $*"
    local code=0
    "$bin/$program" "$@" || code=$?
    if [ "$code" -ne "$wanted" ]; then
        complain "error: \`$program $1\` ended with exit code $code, expected $wanted"
        exit 1
    fi
}

expect 0 nachweis key generate --out out/demo.key
expect 3 nachweis assess "$example/dump" --overlay "$example/overlay" --key out/demo.key --out out/bundle
say ""
say "Exit code 3 is expected here: the example platform has controls that are not satisfied, and a"
say "pipeline is to notice. The run itself did not fail (that would be 1)."
expect 0 nachweis report out/bundle --format html --out out/report.html
expect 0 nachweis report out/bundle --format html --lang de --out out/bericht.html
expect 0 nachweis verify out/bundle --trust out/demo.key.pub
expect 0 nachweis-verify out/bundle --trust out/demo.key.pub
say ""
say "The second verification is the supervisor's small program: no network, no Kubernetes client in it."
say "Open the report in a browser: file://$PWD/out/report.html (German: file://$PWD/out/bericht.html)"

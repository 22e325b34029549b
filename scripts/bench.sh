#!/usr/bin/env bash
# CPU seconds and peak memory of the whole program on recorded clusters (the corpora), and on one of them 14 and 93 times
# over, release build, three runs each; then where the time goes (`cargo bench -p nachweis-testkit`).
# Numbers are for people to compare; nothing fails here because a machine is slow.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
find_cargo

corpora="${NACHWEIS_CORPORA:-../shared/corpora}"
if [ ! -d "$corpora/clusters" ]; then
    complain "error: the recorded clusters are not at \`$corpora\`; name their folder in NACHWEIS_CORPORA"
    exit 1
fi
cargo build --locked --release -p nachweis
program="$(target_folder)/release/nachweis"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# Peak memory comes from GNU time, where it is installed.
peak=()
if [ -x /usr/bin/time ]; then
    peak=(/usr/bin/time -f %M -o "$work/peak")
fi

# measure NAME ARGUMENT...: `OUT` in an argument is a place that nothing stood at before. Nothing is removed in between:
# ext4 makes files slowly where it has just removed many.
measure() {
    local name="$1" run=0
    shift
    for _ in 1 2 3; do
        run=$((run + 1))
        rm -f "$work/peak"
        local code=0
        TIMEFORMAT='%U %S %R'
        { time "${peak[@]}" "$program" "${@/OUT/$work/$run-}" >/dev/null 2>"$work/talk" || code=$?; } 2>"$work/times"
        if [ "$code" -eq 1 ] || [ "$code" -eq 2 ] || [ "$code" -eq 5 ]; then
            cat "$work/talk" >&2
            complain "error: $name ended with exit code $code"
            exit 1
        fi
        read -r user system wall <"$work/times"
        printf '%-34s  user %7s s  system %6s s  wall %7s s' "$name" "$user" "$system" "$wall"
        # GNU time writes a line about the exit code before the figure.
        if [ -s "$work/peak" ]; then
            printf '  peak %5d MiB' "$(($(tail -n 1 "$work/peak") / 1024))"
        fi
        printf '\n'
    done
}

at=2026-11-20T06:00:00Z
for cluster in kwok-scale-15267-objects.json.zip moj-live-2026-01-30.tar.gz harvester-rke2-v1.21-2022-03-22.tar.gz; do
    file="$corpora/clusters/$cluster"
    short="${cluster%%-20*}"
    measure "$short: snapshot" snapshot "$file" --at "$at" --out "OUT$short.snapshot"
    measure "$short: assess sealed" assess "$work/1-$short.snapshot" --out "OUT$short.bundle"
    measure "$short: verify" verify "$work/1-$short.bundle"
done

# A running cluster of 50,000 objects, against fetching the same lists and throwing them away.
if assets="$(scripts/testbed.sh)"; then
    KUBEBUILDER_ASSETS="$assets" cargo test --locked --release -p nachweis --test live fifty -- --ignored --nocapture ||
        complain "the live collection missed its bar, see above"
else
    complain "SKIPPED: the live collection; scripts/testbed.sh builds its servers where Go is installed"
fi

# Copies of one cluster, 15,000 and 100,000 objects: time and memory should grow with them, not faster.
for copies in 14 93; do
    cargo bench --locked --quiet -p nachweis-testkit --bench whole -- write "$copies" "$work/copies-$copies"
    measure "harvester x$copies: snapshot" snapshot "$work/copies-$copies" --at "$at" --out "OUTx$copies.snapshot"
    measure "harvester x$copies: assess sealed" assess "$work/1-x$copies.snapshot" --out "OUTx$copies.bundle"
done
cargo bench --locked --quiet -p nachweis-testkit --bench whole
cargo bench --locked --quiet -p nachweis-cel

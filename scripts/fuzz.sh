#!/usr/bin/env bash
# Fuzzes every reader of foreign bytes, or the ones that are named.
#
#   scripts/fuzz.sh [SECONDS [TARGET...]]     600 seconds each by default
#
# libFuzzer is built from the crate `libfuzzer-sys` with a C++ compiler, and the coverage that it steers by comes from
# flags that stable Rust takes. AddressSanitizer is not among them: no crate of ours has unsafe code.
# It starts from fuzz/corpus/, and puts back what reaches more of the program, minimised. A finding stops the run, says
# where its input lies, and fails; replay it with
#   NACHWEIS_TARGET=TARGET fuzz/target/<triple>/release/nachweis-fuzz FILE
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
find_cargo

seconds="${1:-600}"
shift || true
targets="${*:-archive bundle cel envelope intake json layout rules yaml}"

triple="$(rustc -vV | sed -n 's/^host: //p')"
coverage="--cfg fuzzing -Cpasses=sancov-module"
for option in level=4 inline-8bit-counters pc-table trace-compares; do
    coverage="$coverage -Cllvm-args=-sanitizer-coverage-$option"
done
# The versions of the workspace, and libFuzzer besides. With a target named, build scripts are not instrumented.
cp Cargo.lock fuzz/Cargo.lock
(cd fuzz && RUSTFLAGS="$coverage" CARGO_TARGET_DIR=target cargo build --release --target "$triple")
fuzzer="$PWD/fuzz/target/$triple/release/nachweis-fuzz"

# Bytes of an input: enough for the form, few enough to be quick.
longest() {
    case "$1" in
        layout | archive) echo 65536 ;;
        cel) echo 2048 ;;
        *) echo 8192 ;;
    esac
}

failed=""
for target in $targets; do
    say "== $target, $seconds seconds"
    found="fuzz/target/found/$target"
    corpus="fuzz/corpus/$target"
    mkdir -p "$found" "$found.corpus.new" "$corpus"
    export NACHWEIS_TARGET="$target"
    limits="-rss_limit_mb=1024 -timeout=10 -max_len=$(longest "$target")"
    # shellcheck disable=SC2086  # a list of words
    if ! "$fuzzer" $limits -max_total_time="$seconds" -report_slow_units=2 -print_final_stats=1 -artifact_prefix="$found/" \
        "$found.corpus.new" "$corpus" 2>"$found.log" </dev/null; then
        failed="$failed $target"
        tail -n 40 "$found.log" >&2
        complain "error: $target failed; the input lies in $found/, the log is $found.log"
        continue
    fi
    grep -E '^stat::|slow' "$found.log" || true
    # The fewest inputs that reach what all of them reach.
    rm -rf "$found.merged"
    mkdir "$found.merged"
    # shellcheck disable=SC2086
    "$fuzzer" $limits -merge=1 "$found.merged" "$corpus" "$found.corpus.new" 2>>"$found.log" </dev/null
    rm -rf "$corpus" "$found.corpus.new"
    mv "$found.merged" "$corpus"
    say "$(find "$corpus" -type f | wc -l) inputs kept"
done

if [ -n "$failed" ]; then
    complain "error: findings in:$failed"
    exit 1
fi

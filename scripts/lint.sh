#!/usr/bin/env bash
# Format, lints, the pure rooms, generated files, licences and sources of the dependencies. Every step runs, whatever the
# others say, so that one run names all there is to do.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. scripts/lib.sh
find_cargo

failed=""
step() {
    local name="$1"
    shift
    say "== $name"
    "$@" || failed="$failed"$'\n'"  $name"
}

# Library code only: the tests of a pure room may read files.
pure_rooms() {
    local rooms=()
    for room in canon model yaml cel snapshot catalog evaluate delta report attest; do
        rooms+=(-p "nachweis-$room")
    done
    CLIPPY_CONF_DIR="$PWD/scripts/pure-rooms" \
        cargo clippy "${rooms[@]}" --lib --no-deps --all-features --locked -- -D warnings
}

explained() {
    local names name missing=""
    names=$(cargo tree --workspace --locked --depth 1 --edges normal,build,dev --prefix none --format '{p}') || return 1
    for name in $(awk 'NF && $1 !~ /^(nachweis|xtask)/ {print $1}' <<<"$names" | sort -u); do
        grep -q "^| \`$name\` |" docs/design/dependencies.md || missing="$missing $name"
    done
    [ -z "$missing" ] || {
        complain "error: no row for:$missing"
        return 1
    }
}

# Advisories change without us and lie outside: a missing network is said and is no failure, a found advisory is one.
advisories() {
    if timeout 120 cargo deny --locked fetch db >/dev/null 2>&1 </dev/null; then
        cargo deny --locked check --disable-fetch advisories
    else
        complain "SKIPPED: the advisory database cannot be fetched from here; no advisory was checked"
    fi
}

step "format" cargo fmt --all --check
step "lints" cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
step "pure rooms: no clock, file, environment, connection or unordered map" pure_rooms
step "the deciding room computes with integers" \
    cargo clippy -p nachweis-evaluate --lib --no-deps --locked -- -D warnings -D clippy::float_arithmetic
step "dependencies: bans, licences, sources" cargo deny --locked check --hide-inclusion-graph bans licenses sources
step "dependencies: each direct one has a row in docs/design/dependencies.md" explained
step "dependencies: advisories" advisories

if [ -n "$failed" ]; then
    complain "error: these steps failed:$failed"
    exit 1
fi

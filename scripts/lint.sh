#!/usr/bin/env bash
# Format, lints, the pure rooms, licences and sources of the dependencies.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
find_cargo

pure_rooms="canon model yaml cel snapshot catalog evaluate report attest"

step() { say "== $1"; }

step "format"
cargo fmt --all --check

step "lints"
cargo clippy --workspace --all-targets --all-features --locked -- -D warnings

step "pure rooms: no clock, file, environment, connection or unordered map in their library code"
rooms=()
for room in $pure_rooms; do
    rooms+=(-p "nachweis-$room")
done
CLIPPY_CONF_DIR="$PWD/scripts/pure-rooms" cargo clippy "${rooms[@]}" --lib --no-deps --all-features --locked -- -D warnings

step "the deciding room computes with integers"
cargo clippy -p nachweis-evaluate --lib --no-deps --locked -- -D warnings -D clippy::float_arithmetic

step "generated files are what their sources give"
cargo xtask example --check

step "dependencies: bans, licences, sources"
cargo deny --locked --all-features check bans licenses sources

step "dependencies: each direct one has a row in docs/design/dependencies.md"
unexplained=$(cargo tree --workspace --locked --depth 1 --edges normal,build,dev --prefix none --format '{p}' |
    awk 'NF && $1 !~ /^(nachweis|xtask)/ {print $1}' | sort -u |
    while read -r name; do grep -q "^| \`$name\` |" docs/design/dependencies.md || printf ' %s' "$name"; done)
if [ -n "$unexplained" ]; then
    complain "error: no row in docs/design/dependencies.md for:$unexplained"
    exit 1
fi

# Advisories change without us and lie outside: a missing network is said and is no failure, a found advisory is one.
step "dependencies: advisories"
if timeout 120 cargo deny --locked fetch db >/dev/null 2>&1 </dev/null; then
    cargo deny --locked --all-features check --disable-fetch advisories
else
    complain "SKIPPED: the advisory database cannot be fetched from here; no advisory was checked"
fi

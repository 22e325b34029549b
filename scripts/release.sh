#!/usr/bin/env bash
# A release of the commit that is checked out, into dist/: static binaries, their bill of materials, provenance, image,
# package, archive, checksums. The same commit, compiler and platform give the same bytes.
#
# NACHWEIS_RELEASE_KEY names a PKCS#8 PEM key that signs the provenance; without it the statement is unsigned.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
find_cargo

out="${1:-dist}"
if [ -e "$out" ]; then
    complain "error: \`$out\` is there already"
    complain "  help: remove it, or name another folder: scripts/release.sh FOLDER"
    exit 1
fi
if [ -n "$(git status --porcelain --untracked-files=no)" ]; then
    complain "note: files differ from the commit; the provenance will name a commit that does not give these binaries"
fi
commit=$(git rev-parse HEAD)
instant=$(TZ=UTC git log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd)
target=$(rustc -vV | sed -n 's/^host: //p')
built="$(target_folder)/$target/release"

# Static, as position-independent code still; no path of this machine stays inside.
RUSTFLAGS="-C target-feature=+crt-static --remap-path-prefix=$PWD=nachweis --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo" \
    cargo build --locked --release --target "$target" -p nachweis -p nachweis-verify

parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT
cp "$built/nachweis" "$built/nachweis-verify" "$parts/"
"$parts/nachweis" manual "$parts/man"
mkdir "$parts/completions"
for shell in bash zsh fish; do
    "$parts/nachweis" completions "$shell" >"$parts/completions/$shell"
done
cargo metadata --locked --format-version 1 --filter-platform "$target" >"$parts/metadata.json"
cargo run --quiet --locked -p xtask -- dist "$parts" "$parts/metadata.json" "$commit" "$instant" "$target" "$out" \
    ${NACHWEIS_RELEASE_KEY:+"$NACHWEIS_RELEASE_KEY"}

#!/usr/bin/env bash
# Tries a release as a new user would: an empty root for the binary, other people's tools for image, package and checksums.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

find_cargo

out="${1:-dist}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
holds() {
    local what="$1"
    shift
    if "$@" >"$work/log" 2>&1; then
        say "holds   $what"
    else
        failed=1
        complain "FAILED  $what"
        sed 's/^/        /' "$work/log" >&2
    fi
}

binary=$(find "$out" -name 'nachweis-[0-9]*-linux-*' -not -name '*.*.*.*')
image=$(find "$out" -name '*.oci.tar')
package=$(find "$out" -name '*.deb')
sbom=$(find "$out" -name '*.cdx.json')
archive=$(find "$out" -name '*.tar.gz')

in_empty_root() { if [ "$(id -u)" = 0 ]; then chroot "$work/root" "$@"; else unshare -r chroot "$work/root" "$@"; fi; }

static() { ldd "$1" 2>&1 | grep -Eq 'statically linked|not a dynamic executable'; }

first_command() {
    mkdir "$work/root"
    cp "$binary" "$work/root/nachweis"
    cp -r examples/fintech/dump "$work/root/dump"
    local from code=0
    from=$(date +%s%N)
    in_empty_root /nachweis assess /dump --out /bundle >"$work/screen" || code=$?
    local ms=$((($(date +%s%N) - from) / 1000000))
    echo "exit $code after $ms ms"
    cat "$work/screen"
    [ "$code" = 3 ] && [ "$ms" -lt 5000 ] && grep -q 'nachweis verify' "$work/screen"
}

verified_there() {
    local code=0
    in_empty_root /nachweis verify /bundle || code=$?
    [ "$code" = 4 ]
}

image_is_whole() {
    skopeo inspect "oci-archive:$image" | grep -q '"Architecture"' &&
        skopeo copy --insecure-policy "oci-archive:$image" "dir:$work/image"
}

package_is_whole() {
    dpkg-deb --info "$package" && dpkg-deb --extract "$package" "$work/package" &&
        cmp "$work/package/usr/bin/nachweis" "$binary" &&
        [ "$("$work/package/usr/bin/kubectl-nachweis" version)" = "$("$binary" version)" ]
}

plugin() { "$work/package/usr/bin/kubectl-nachweis" assess --help | grep -q 'kubectl nachweis assess'; }

manual() { gzip -dc "$work/package/usr/share/man/man1/nachweis-assess.1.gz" | grep -q 'Assess inputs'; }

archive_is_whole() { mkdir "$work/archive" && tar -xzf "$archive" -C "$work/archive" && cmp "$work/archive/nachweis" "$binary"; }

# Every crate that the binaries link, and the digests of the binaries themselves.
bill_is_whole() {
    local name missing=""
    for name in $(cargo tree --locked -p nachweis -e normal --prefix none --format '{p}' | awk '{print $1 "@" substr($2, 2)}' | sort -u); do
        case "$name" in nachweis@*) continue ;; esac
        grep -q "pkg:cargo/$name\"" "$sbom" || missing="$missing $name"
    done
    [ -z "$missing" ] || { echo "missing:$missing"; return 1; }
    grep -q "$(sha256sum "$binary" | cut -d' ' -f1)" "$sbom"
}

no_path_inside() { ! grep -aq -e "$PWD" -e "$HOME/" "$binary"; }

holds "checksums" bash -c "cd '$out' && sha256sum --check --quiet SHA256SUMS"
holds "the binary is static" static "$binary"
holds "the first command in an empty root: below 5 s, and the screen says what to do next" first_command
holds "its bundle verifies in an empty root" verified_there
holds "no path of this machine is in the binary" no_path_inside
holds "the image is read by skopeo" image_is_whole
holds "the Debian package is read by dpkg and holds the binary" package_is_whole
holds "kubectl's plugin calls itself by what a person types" plugin
holds "the manual page of assess is in the package" manual
holds "the archive holds the binary" archive_is_whole
holds "the bill of materials names every linked crate and the binary" bill_is_whole
exit "$failed"

#!/usr/bin/env bash
# Prints the folder with the servers that tests start: etcd, kube-apiserver, kube-controller-manager, kubectl.
#
#   KUBEBUILDER_ASSETS="$(scripts/testbed.sh)"
#
# A folder that KUBEBUILDER_ASSETS already names is taken as it is. Otherwise the programs are built, once, from the
# modules in testbed/ (about 10 minutes of one processor, more with an empty cache of Go modules) into a cache outside
# of the tree: ${XDG_CACHE_HOME:-$HOME/.cache}/nachweis/testbed/<hash of the modules, the flags and the Go version>.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

programs="etcd kube-apiserver kube-controller-manager kubectl"

has_all() {
    local program
    for program in $programs; do
        [ -x "$1/$program" ] || return 1
    done
}

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
    if ! has_all "$KUBEBUILDER_ASSETS"; then
        complain "error: \`$KUBEBUILDER_ASSETS\`, which KUBEBUILDER_ASSETS names, lacks one of: $programs"
        complain "  help: unset KUBEBUILDER_ASSETS to have them built"
        exit 1
    fi
    say "$KUBEBUILDER_ASSETS"
    exit 0
fi

if ! command -v go >/dev/null; then
    complain "error: the servers of the live tests cannot be built: Go is not installed"
    complain "  help: install Go $(sed -n 's/^go //p' testbed/kubernetes/go.mod) or newer as https://go.dev/doc/install says, or name a folder"
    complain "        with $programs in KUBEBUILDER_ASSETS"
    exit 1
fi

# kubectl and the servers print, and the API server compares, the version that their release build stamps.
version="$(sed -n 's/.*k8s.io\/kubernetes \(v[0-9.]*\).*/\1/p' testbed/kubernetes/go.mod | head -n 1)"
minor="${version#v1.}"
stamp="-X k8s.io/component-base/version.gitVersion=$version"
stamp="$stamp -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=${minor%%.*}"
flags="-s -w $stamp"
key="$({ cat testbed/*/go.mod testbed/*/go.sum; printf '%s' "$flags"; go version; } | sha256sum | cut -c1-16)"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/nachweis/testbed"
if has_all "$cache/$key"; then
    say "$cache/$key"
    exit 0
fi

complain "building $programs, once: about 10 minutes of one processor"
mkdir -p "$cache"
# A folder is complete or absent; two builds at once do not meet.
work="$(mktemp -d "$cache/building.XXXXXX")"
trap 'rm -rf "$work"' EXIT

build() {
    # The stamp of this repository says nothing about the programs of others.
    (cd "testbed/$1" && CGO_ENABLED=0 go build -mod=readonly -buildvcs=false -trimpath -ldflags "$flags" -o "$work/$2" "$3") >&2
}
build etcd etcd go.etcd.io/etcd/server/v3
for program in kube-apiserver kube-controller-manager kubectl; do
    build kubernetes "$program" "k8s.io/kubernetes/cmd/$program"
done

chmod 755 "$work"
if ! mv -T "$work" "$cache/$key" 2>/dev/null && ! has_all "$cache/$key"; then
    complain "error: \`$cache/$key\` could not be made from \`$work\`"
    exit 1
fi
trap - EXIT
rm -rf "$work"
say "$cache/$key"

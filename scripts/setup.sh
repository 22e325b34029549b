#!/usr/bin/env bash
# Installs what building and testing need and this machine lacks.
#
#   scripts/setup.sh build     a C compiler and linker
#   scripts/setup.sh test      that, the programs that tests call, and the servers of the live tests (scripts/testbed.sh)
#   scripts/setup.sh fuzz      the first, and a C++ compiler
#   scripts/setup.sh lint      the second, and cargo-deny
#
# Programs come as Debian packages, as root or through sudo. Where that is impossible the script says what is
# missing; tests that need an absent program say that they are skipped, and fail where CI is set.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

purpose="${1:-test}"
find_cargo

# program:package
wanted="cc:gcc cc:libc6-dev"
case "$purpose" in
    build | lint) ;;
    fuzz) wanted="$wanted c++:g++" ;;
    release) wanted="$wanted skopeo:skopeo" ;;
    test) wanted="$wanted skopeo:skopeo docker-registry:docker-registry openssl:openssl chromium:chromium node:nodejs npm:npm" ;;
    *)
        complain "usage: scripts/setup.sh build|release|test|fuzz|lint"
        exit 2
        ;;
esac

missing=""
packages=""
for pair in $wanted; do
    program="${pair%%:*}"
    if ! command -v "$program" >/dev/null; then
        case " $missing " in *" $program "*) ;; *) missing="$missing $program" ;; esac
        packages="$packages ${pair#*:}"
    fi
done

give_up() {
    complain "warning: absent and not installed here:$missing"
    complain "   note: $1"
    complain "   help: install them by hand; their names in Debian and Ubuntu:$packages"
    case " $missing " in *" cc "*) exit 1 ;; esac
    if [ -n "${CI:-}" ]; then
        complain "  error: CI is set, and no test may be skipped there"
        exit 1
    fi
}

if [ -n "$packages" ]; then
    root=""
    if [ "$(id -u)" -ne 0 ]; then
        root="sudo"
    fi
    if ! command -v apt-get >/dev/null; then
        give_up "this script installs with apt-get only"
    elif [ -n "$root" ] && ! command -v sudo >/dev/null; then
        give_up "installing needs root or sudo"
    else
        say "installing:$packages"
        # shellcheck disable=SC2086  # a list of words
        if ! { $root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
            $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages; } </dev/null >&2; then
            give_up "apt-get failed, see above"
        fi
    fi
fi

# Pages are looked at with packages that a lock file pins; they run in the tests only.
browser=crates/report/tests/browser
if [ "$purpose" = test ] && [ "$browser/package-lock.json" -nt "$browser/node_modules/.package-lock.json" ]; then
    if command -v npm >/dev/null; then
        say "installing the packages of $browser"
        (cd "$browser" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >&2)
    else
        complain "SKIPPED: the tests that look at pages; npm is absent"
    fi
fi

# The distribution's Go may be too old to build the servers, so it is not installed here.
if [ "$purpose" = test ] && ! scripts/testbed.sh >/dev/null && [ -n "${CI:-}" ]; then
    complain "  error: CI is set, and no test may be skipped there"
    exit 1
fi

if [ "$purpose" = lint ] && ! command -v cargo-deny >/dev/null; then
    say "building cargo-deny, once"
    cargo install --locked --quiet cargo-deny
fi

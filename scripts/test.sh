#!/usr/bin/env bash
# Every test of the workspace, and one closing line with the sums.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
find_cargo

# Live tests run against a real API server; `scripts/testbed.sh` says what it lacks.
if assets="$(scripts/testbed.sh)"; then
    export KUBEBUILDER_ASSETS="$assets"
elif [ -n "${CI:-}" ]; then
    exit 1
fi

log="$(mktemp)"
trap 'rm -f "$log"' EXIT

status=0
cargo test --workspace --all-features --locked --no-fail-fast 2>&1 | tee "$log" || status=$?

# A skipped test is no passed test, and the test runner hides what a passing test says.
if [ ! -d "${NACHWEIS_CORPORA:-../shared/corpora}" ]; then
    complain "SKIPPED: every test against recorded clusters and published vectors; NACHWEIS_CORPORA names their folder"
fi
if [ -z "${KUBEBUILDER_ASSETS:-}" ]; then
    complain "SKIPPED: every test against a live API server; scripts/testbed.sh builds one where Go is installed"
fi
for program in skopeo docker-registry openssl chromium node script unshare; do
    command -v "$program" >/dev/null || complain "SKIPPED: the tests that call $program, which is absent"
done
passed=$(awk '/^test result:/ {for (i = 1; i < NF; i++) if ($(i + 1) == "passed;") sum += $i} END {print sum + 0}' "$log")
failed=$(awk '/^test result:/ {for (i = 1; i < NF; i++) if ($(i + 1) == "failed;") sum += $i} END {print sum + 0}' "$log")
say "$passed passed, $failed failed"
if [ "$status" -eq 0 ] && [ "$passed" -eq 0 ]; then
    complain "error: no test ran"
    exit 1
fi
exit "$status"

#!/usr/bin/env bash
# Every recorded cluster (the corpora): snapshot, assessment, verified bundle, with the release build. Prints the table
# of docs/design/measurements.md: items, kinds, unread, withheld, totals of verdicts, CPU seconds, peak memory.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
find_cargo

corpora="${NACHWEIS_CORPORA:-../shared/corpora}"
if [ ! -d "$corpora/clusters" ]; then
    complain "error: the recorded clusters are not at \`$corpora\`; name their folder in NACHWEIS_CORPORA"
    exit 1
fi
command -v python3 >/dev/null || { complain "error: python3 reads the figures out of the program's JSON"; exit 1; }
if [ -z "${NACHWEIS_PROGRAM:-}" ]; then
    cargo build --locked --release -p nachweis
fi
exec python3 - "${NACHWEIS_PROGRAM:-$(target_folder)/release/nachweis}" "$corpora" <<'PYTHON'
import json, os, subprocess, sys, tempfile

program, corpora = sys.argv[1:]
at = ["--at", "2026-11-20T06:00:00Z"]


# A process starts with the peak of the one that it comes from: a small one stands between, and tells on descriptor 2.
MEASURE = """
import os, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stderr=subprocess.PIPE)
words = child.stderr.read()
_, status, used = os.wait4(child.pid, 0)
print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss // 1024, file=sys.stderr)
sys.stderr.write(words.decode())
"""


def run(arguments, codes):
    """Output, CPU seconds and peak MB of one run."""
    done = subprocess.run([sys.executable, "-S", "-c", MEASURE, program, *arguments], capture_output=True)
    figures, _, words = done.stderr.decode().partition("\n")
    code, cpu, peak = figures.split()
    if int(code) not in codes:
        sys.exit(f"error: {' '.join(arguments)} ended with exit code {code}: {words}")
    return done.stdout, float(cpu), int(peak)


inputs = sorted(f"clusters/{name}" for name in os.listdir(f"{corpora}/clusters"))
inputs += sorted(f"assembly/{name}" for name in os.listdir(f"{corpora}/assembly"))
print("| input | items | kinds | unread | withheld | not satisfied / indeterminate / satisfied / not applicable | snapshot | assess | verify |")
print("|---|---|---|---|---|---|---|---|---|")
with tempfile.TemporaryDirectory() as work:
    run(["key", "generate", "--out", f"{work}/audit.key"], [0])
    for name in inputs:
        # Nothing is removed in between: ext4 makes files slowly where it has just removed many.
        snapshot, bundle = (f"{work}/{os.path.basename(name)}.{kind}" for kind in ["snapshot", "bundle"])
        sealed, *seal_cost = run(["snapshot", f"{corpora}/{name}", *at, "--out", snapshot, "--format", "json"], [0])
        assess = ["assess", snapshot, "--key", f"{work}/audit.key", "--out", bundle, "--format", "json"]
        assessed, *assess_cost = run(assess, [0, 3, 4])
        _, *verify_cost = run(["verify", bundle, "--trust", f"{work}/audit.key.pub"], [0])
        seal, totals = json.loads(sealed), json.loads(assessed)["totals"]
        verdicts = " / ".join(str(totals[key]) for key in ["not_satisfied", "indeterminate", "satisfied", "not_applicable"])
        costs = " | ".join(f"{cpu:.2f} s, {peak} MB" for cpu, peak in [seal_cost, assess_cost, verify_cost])
        shown = os.path.basename(name.rstrip("/"))
        print(f"| `{shown}` | {seal['items']:,} | {seal['kinds']} | {len(seal['unread'])} | {seal['withheld']} | {verdicts} | {costs} |", flush=True)
PYTHON

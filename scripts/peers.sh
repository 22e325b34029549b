#!/usr/bin/env bash
# What other tools do with the same objects, in one run: CPU seconds, peak memory, rules that gave a result, results, exit code, and what
# each does with a file that it cannot read. kube-score and gator are built from the Go module proxy, Checkov comes from
# PyPI, all of fixed versions and into a folder outside of the repository; a tool that cannot be had is named and left out.
#
#   scripts/peers.sh                the tools and inputs that there are
#   scripts/peers.sh kube-score     this one beside ours; several may be named
#
# Each tool that needs less than 20 CPU seconds runs PEERS_ROUNDS times (7), in turn with the others.
# NACHWEIS_PROGRAM names a release build of ours; without it one is made. gator has no rules of its own: GATEKEEPER_LIBRARY names a checkout of github.com/open-policy-agent/gatekeeper-library;
# every template of its folder `library` that has a sample constraint is taken.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
find_cargo

kube_score=v1.20.0
gator=v3.23.1
checkov=3.3.30
limit="${PEERS_SECONDS:-900}"
rounds="${PEERS_ROUNDS:-7}"
# CPU seconds of a first run up to which a tool runs again.
again=20
corpora="${NACHWEIS_CORPORA:-../shared/corpora}"
if [ ! -d "$corpora/clusters" ]; then
    complain "error: the recorded clusters are not at \`$corpora\`; name their folder in NACHWEIS_CORPORA"
    exit 1
fi
if [ ! -x /usr/bin/time ]; then
    complain "error: peak memory is measured with GNU time, which is not installed"
    complain "  help: install the package \`time\`"
    exit 1
fi
wanted="${*:-kube-score gator checkov}"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/nachweis/peers"
mkdir -p "$cache"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# Builds or installs a tool once; a failure costs this tool only.
provide() {
    local name="$1" version="$2" place="$cache/$1-$2"
    [ -x "$place/bin/$name" ] && return
    complain "getting $name $version, once"
    case "$name" in
        kube-score) GOBIN="$place/bin" go install "github.com/zegl/kube-score/cmd/kube-score@$version" ;;
        gator) GOBIN="$place/bin" go install "github.com/open-policy-agent/gatekeeper/v3/cmd/gator@$version" ;;
        checkov) python3 -m venv "$place" && "$place/bin/pip" install --quiet "checkov==$version" ;;
    esac >"$work/get" 2>&1 || { tail -n 3 "$work/get" >&2; return 1; }
}

tools=()
for tool in $wanted; do
    case "$tool" in
        kube-score) version="$kube_score" ;;
        gator) version="$gator" ;;
        checkov) version="$checkov" ;;
        *) complain "error: \`$tool\` is none of kube-score, gator, checkov"; exit 2 ;;
    esac
    if [ "$tool" = gator ] && [ ! -d "${GATEKEEPER_LIBRARY:-}/library" ]; then
        complain "gator is left out: GATEKEEPER_LIBRARY names no checkout with its rules"
    elif provide "$tool" "$version"; then
        tools+=("$tool")
        PATH="$cache/$tool-$version/bin:$PATH"
    else
        complain "$tool $version cannot be had here and is left out"
    fi
done
if [ -z "${NACHWEIS_PROGRAM:-}" ]; then
    cargo build --locked --release -p nachweis
fi
mkdir -p "$work/bin"
ln -s "$(realpath "${NACHWEIS_PROGRAM:-$(target_folder)/release/nachweis}")" "$work/bin/nachweis"
PATH="$work/bin:$PATH"

# A real estate: the tenancy of a production cluster and the components of a platform, as YAML files; the components alone
# are the one input that every tool ends with. kube-score stops at
# a file that it cannot read, so the one in cipher text is left out for everybody.
estate="$work/estate"
mkdir -p "$estate/tenancy"
tar -xzf "$corpora/clusters/moj-live-2026-02-27.tar.gz" -C "$estate/tenancy"
rm -f "$estate/tenancy/monitoring/oidc-components-secret.yaml"
cp -R "$corpora/assembly/components" "$estate/components"
# The scale set, one JSON file for each object.
scale="$work/scale"
mkdir -p "$scale"
python3 - "$corpora/clusters/kwok-scale-15267-objects.json.zip" "$scale" <<'PYTHON'
import json, pathlib, sys, zipfile
archive, folder = zipfile.ZipFile(sys.argv[1]), pathlib.Path(sys.argv[2])
at = 0
for name in archive.namelist():
    if name.endswith(".json"):
        for value in json.loads(archive.read(name)).values():
            (folder / f"{at:06}.json").write_text(json.dumps(value))
            at += 1
PYTHON
# A folder with a sound pod and a file of which half is missing.
odd="$work/odd"
mkdir -p "$odd"
printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: good, namespace: x}\nspec: {containers: [{name: c, image: i}]}\n' >"$odd/good.yaml"
printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: bad\nspec: [' >"$odd/cut.yaml"

rules=()
if [ -n "${GATEKEEPER_LIBRARY:-}" ]; then
    for constraint in "$GATEKEEPER_LIBRARY"/library/*/*/samples/*/constraint.yaml; do
        template="$(dirname "$(dirname "$(dirname "$constraint")")")/template.yaml"
        [ -f "$template" ] && rules+=(-f "$template" -f "$constraint")
    done
fi

# count TOOL FILE: rules that gave a result, and results, as the tool's own answer has them.
count() {
    python3 - "$@" <<'PYTHON'
import json, sys
tool, text = sys.argv[1], open(sys.argv[2]).read()
documents, decoder, at = [], json.JSONDecoder(), 0
while text[at:].strip():
    at += len(text[at:]) - len(text[at:].lstrip())
    try:
        document, at = decoder.raw_decode(text, at)
    except ValueError:
        print("- | -")
        sys.exit()
    documents += document if isinstance(document, list) else [document]
if tool == "kube-score":
    found = [check["check"]["id"] for one in documents if one for check in one["checks"] if not check["skipped"]]
elif tool == "gator":
    found = [one["constraint"]["kind"] for one in documents if one]
elif tool == "checkov":
    found = [check["check_id"] for one in documents for part in one.get("results", {}).values() for check in part]
else:
    found = [one["control"] for document in documents for one in document["findings"] for _ in range(one["total"])]
print(len(set(found)), "|", len(found))
PYTHON
}

# run TOOL FOLDER: one line of figures in $work/runs.TOOL: CPU seconds, wall seconds, peak KiB, exit code; none if it was stopped.
run() {
    local tool="$1" folder="$2" code=0 command=()
    case "$tool" in
        kube-score) find "$folder" -type f \( -name '*.y*ml' -o -name '*.json' \) -print0 | sort -z >"$work/files"
            command=(xargs -0 -s 2000000 -a "$work/files" kube-score score -o json) ;;
        gator) command=(gator test -o json -f "$folder" "${rules[@]}") ;;
        checkov) command=(checkov --quiet --compact --framework kubernetes -o json -d "$folder") ;;
        # Nothing is removed in between: ext4 makes files slowly where it has just removed many.
        *) written=$((written + 1))
            command=(nachweis assess "$folder" --at 2026-11-20T06:00:00Z --format json --out "$work/$written.bundle") ;;
    esac
    : >"$work/time"
    timeout "$limit" /usr/bin/time -o "$work/time" -f '%U %S %e %M' "${command[@]}" >"$work/out.$tool" 2>"$work/err" || code=$?
    [ "$code" = 124 ] && return
    tail -n 1 "$work/time" | awk -v code="$code" '{ print $1 + $2, $3, $4, code }' >>"$work/runs.$tool"
}

# row TOOL: the run with the median of CPU seconds.
row() {
    local tool="$1" runs
    runs="$(wc -l <"$work/runs.$tool")"
    if [ "$runs" -eq 0 ]; then
        printf '| %s | stopped after %s s | | | | | | | |\n' "$tool" "$limit"
        return
    fi
    sort -n "$work/runs.$tool" | sed -n "$(((runs + 1) / 2))p" | awk -v tool="$tool" -v runs="$runs" \
        -v least="$(sort -n "$work/runs.$tool" | head -n 1 | cut -d ' ' -f 1)" \
        -v bytes="$(wc -c <"$work/out.$tool")" -v counted="$(count "$tool" "$work/out.$tool")" '
        { printf "| %s | %d | %.2f (%.2f) | %s | %d | %s | %d | %s |\n", tool, runs, $1, least, $2, $3 / 1024, counted, bytes / 1024,
          $4 == 123 ? "1 or more (by xargs)" : $4 }'
}

# True for a tool whose first run was short enough for more of them.
is_quick() {
    awk -v most="$again" 'NR == 1 { found = $1 <= most } END { exit !found }' "$work/runs.$1"
}

# One run says little on a machine that others use, and the first one finds caches cold: quick tools run in turn.
written=0
for folder in "$estate/components" "$estate" "$scale"; do
    printf '\n%s: %s files, %s MB\n\n' "$(basename "$folder")" "$(find "$folder" -type f | wc -l)" "$(du -sm --apparent-size "$folder" | cut -f1)"
    printf '| tool | runs | CPU seconds, median (least) | wall | peak MiB | rules | results | answer KiB | exit |\n|---|---|---|---|---|---|---|---|---|\n'
    for round in $(seq "$rounds"); do
        for tool in nachweis "${tools[@]}"; do
            [ "$round" -eq 1 ] && : >"$work/runs.$tool"
            if [ "$round" -eq 1 ] || is_quick "$tool"; then
                run "$tool" "$folder"
            fi
        done
    done
    for tool in nachweis "${tools[@]}"; do
        row "$tool"
    done
done
printf '\na folder with a sound pod and a file of which half is missing:\n\n'
for tool in nachweis "${tools[@]}"; do
    run "$tool" "$odd"
    printf '%s: exit %s; the answer names cut.yaml: %s, the sound pod: %s; stderr: %s\n' "$tool" \
        "$(tail -n 2 "$work/time" | grep -o 'status [0-9]*' || say 0)" \
        "$(grep -q 'cut.yaml' "$work/out.$tool" && say yes || say no)" \
        "$(grep -q 'good' "$work/out.$tool" && say yes || say no)" "$(head -c 200 "$work/err" | tr '\n' ' ')"
done

#!/usr/bin/env bash
# The book in docs/: every page is in SUMMARY.md, every internal link leads somewhere; then it is built with mdbook where that
# is installed. Links to the outside are not followed.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

python3 - <<'PY'
import os, re, sys

wrong = []

def anchors(path):
    """Anchors of the headings, as renderers of Markdown make them."""
    out = set()
    for line in open(path, encoding="utf-8"):
        if line.startswith("#"):
            text = re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower())
            out.add(text.replace(" ", "-"))
    return out

pages = sorted(os.path.join(d, f) for d, _, fs in os.walk("docs") for f in fs if f.endswith(".md"))
links = re.compile(r"\]\(([^)\s]+)\)")

def targets(page):
    text = open(page, encoding="utf-8").read()
    local = (t.partition("#")[0] for t in links.findall(text) if not re.match(r"[a-z]+:", t))
    return {os.path.normpath(os.path.join(os.path.dirname(page), t)) for t in local if t.endswith(".md")}

# A reader gets everywhere from the summary.
reached, rest = set(), ["docs/SUMMARY.md"]
while rest:
    page = rest.pop()
    if page in pages and page not in reached:
        reached.add(page)
        rest.extend(targets(page))
for page in pages:
    if page not in reached:
        wrong.append(f"{page}: no link from docs/SUMMARY.md leads to it")
    fenced = False
    for number, line in enumerate(open(page, encoding="utf-8"), 1):
        if line.startswith("```"):
            fenced = not fenced
        if fenced or line.startswith("    "):
            continue
        line = re.sub(r"`[^`]*`(?!\])", "", line)
        for target in re.findall(r"\]\(([^)\s]+)\)", line):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
            if not os.path.exists(path):
                wrong.append(f"{page}:{number}: {target} leads nowhere")
            elif anchor and anchor not in anchors(path):
                wrong.append(f"{page}:{number}: {path} has no heading #{anchor}")
for line in wrong:
    print(line, file=sys.stderr)
print(f"{len(pages)} pages, {len(wrong)} problems")
sys.exit(bool(wrong))
PY

if command -v mdbook >/dev/null; then
    mdbook build --dest-dir "$PWD/out/book" docs
    say "the book is out/book/index.html"
else
    say "mdbook is not installed (cargo install mdbook): links are checked, the book is read as Markdown"
fi

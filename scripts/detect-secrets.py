"""Scans the folders that detect-secrets.sh fills, one for each input, and compares with the list of what is explained.

The scanner reads lines, and a line of a layer is a whole object. So JSON is written with one member to a line, texts
inside of it are written out line by line as well, and each line is scanned once however often it stands there.
"""

import json
import os
import re
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import zstandard
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings, get_settings

ZSTD = b"\x28\xb5\x2f\xfd"
ENTROPY = ("Base64HighEntropyString", "HexHighEntropyString")
PIECE_BYTES = 1 << 20


def texts(value):
    """The strings of several lines in a JSON value."""
    if isinstance(value, str):
        if "\n" in value:
            yield value
    elif isinstance(value, list):
        for member in value:
            yield from texts(member)
    elif isinstance(value, dict):
        for member in value.values():
            yield from texts(member)


def lines(content):
    """Every line of a file; of JSON every member and every line of a text in it."""
    text = content.decode("utf-8", "replace")
    documents = text.split("\n")
    if documents[-1] == "":
        documents.pop()
    for document in documents:
        try:
            value = json.loads(document) if document[:1] in "{[" else None
        except ValueError:
            value = None
        if value is None:
            yield document
            continue
        yield from json.dumps(value, indent=0, ensure_ascii=False).split("\n")
        for inner in texts(value):
            yield from inner.split("\n")


def distinct(folder):
    """Number of files, their bytes unpacked, and their lines without repetition, each with one file in which it stands."""
    files, size, found = 0, 0, {}
    for directory, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            path = os.path.join(directory, name)
            with open(path, "rb") as file:
                content = file.read()
            if content.startswith(ZSTD):
                with zstandard.ZstdDecompressor().stream_reader(content) as reader:
                    content = reader.read()
            files, size = files + 1, size + len(content)
            for line in lines(content):
                found.setdefault(line, os.path.relpath(path, folder))
    return files, size, found


def pieces(found, folder):
    """Writes lines into files of about a megabyte; the ending is one that the scanner takes as it is."""
    paths, part, size = [], [], 0
    for line in [*found, None]:
        if part and (line is None or size > PIECE_BYTES):
            paths.append(os.path.join(folder, f"{len(paths)}.json"))
            with open(paths[-1], "w", encoding="utf-8") as file:
                file.write("\n".join(part))
            part, size = [], 0
        if line is not None:
            part.append(line.replace("\r", " "))
            size += len(line) + 1
    return paths


def scan(path):
    """Findings of one file as (plugin, secret, line)."""
    with default_settings():
        for name in ENTROPY:
            get_settings().disable_plugins(name)
        findings = [(f.type, f.secret_value or "", f.line_number) for f in scan_file(path)]
    if not findings:
        return []
    with open(path, encoding="utf-8") as file:
        own = file.read().split("\n")
    return [(plugin, secret, own[number - 1]) for plugin, secret, number in findings]


def explained(path):
    """Rows `plugin | pattern of the whole finding | pattern in its line | reason`."""
    rows = []
    for line in open(path, encoding="utf-8"):
        if line.strip() and not line.startswith("#"):
            parts = [part.strip() for part in line.split(" | ")]
            if len(parts) != 4 or not all(parts):
                sys.exit(f"error: a row has four columns: {line}")
            plugin, pattern, place, reason = parts
            rows.append((plugin, re.compile(pattern), place, reason))
    return rows


def fits(row, plugin, secret, line):
    """True if the row explains the finding."""
    name, pattern, place, _ = row
    return name == plugin and pattern.fullmatch(secret) and re.search(place.replace("{}", re.escape(secret)), line)


def main(folder, listed):
    rows = explained(listed)
    used, failed = Counter(), False
    with ProcessPoolExecutor() as pool:
        for name in sorted(os.listdir(folder), key=lambda name: int(name.split("-")[0])):
            files, size, found = distinct(os.path.join(folder, name))
            unknown, total = {}, 0
            with tempfile.TemporaryDirectory() as work:
                for findings in pool.map(scan, pieces(found, work)):
                    for plugin, secret, line in findings:
                        total += 1
                        row = next((row for row in rows if fits(row, plugin, secret, line)), None)
                        if row:
                            used[row] += 1
                        else:
                            unknown.setdefault((plugin, secret), []).append(line)
            print(
                f"{name.split('-', 1)[1]}: {files} files, {size / 1e6:.1f} MB, {len(found):,} different lines; "
                f"{total} findings, {sum(map(len, unknown.values()))} unexplained",
                flush=True,
            )
            for (plugin, secret), places in sorted(unknown.items(), key=str):
                place = places[0] if len(places[0]) < 300 else places[0][:300] + "…"
                print(f"UNEXPLAINED {plugin}: `{secret}` in `{place}` of {found.get(places[0], '?')} and {len(places) - 1} more", file=sys.stderr)
            failed |= bool(unknown)
    for row in rows:
        print(f"{used[row]:7} {row[0]}: {row[3]}")
    sys.exit(failed)


if __name__ == "__main__":
    main(*sys.argv[1:])

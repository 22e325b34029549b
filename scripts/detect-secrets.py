"""Scans the folders that detect-secrets.sh fills, and compares with the list of what is explained."""

import os
import re
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import zstandard
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings, get_settings

ZSTD = b"\x28\xb5\x2f\xfd"
ENTROPY = ("Base64HighEntropyString", "HexHighEntropyString")


def unpack(folder):
    """Layers become texts beside their blobs; blobs of JSON get an ending that the scanner knows."""
    for directory, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(directory, name)
            with open(path, "rb") as file:
                content = file.read()
            if content.startswith(ZSTD):
                with zstandard.ZstdDecompressor().stream_reader(content) as reader, open(path + ".jsonl", "wb") as file:
                    file.write(reader.read())
                os.remove(path)
            elif re.fullmatch(r"[0-9a-f]{64}", name):
                os.rename(path, path + ".json")


def scan(path):
    """Findings of one file as (plugin, secret, number of the line, line)."""
    with default_settings():
        for name in ENTROPY:
            get_settings().disable_plugins(name)
        findings = [(f.type, f.secret_value or "", f.line_number) for f in scan_file(path)]
    if not findings:
        return path, []
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = file.read().split("\n")
    return path, [(plugin, secret, number, lines[number - 1]) for plugin, secret, number in findings]


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
    unpack(folder)
    rows = explained(listed)
    paths = sorted(os.path.join(d, n) for d, _, names in os.walk(folder) for n in names)
    paths.sort(key=os.path.getsize, reverse=True)
    used, open_findings, total = Counter(), {}, 0
    with ProcessPoolExecutor() as pool:
        for path, findings in pool.map(scan, paths):
            for plugin, secret, number, line in findings:
                total += 1
                row = next((row for row in rows if fits(row, plugin, secret, line)), None)
                if row:
                    used[row] += 1
                else:
                    open_findings.setdefault((plugin, secret), []).append(f"{os.path.relpath(path, folder)}:{number}")
    size = sum(os.path.getsize(path) for path in paths)
    print(f"{len(paths)} files, {size / 1e6:.1f} MB scanned; {total} findings, {total - sum(map(len, open_findings.values()))} explained:")
    for row in rows:
        print(f"{used[row]:7} {row[0]}: {row[3]}")
    for (plugin, secret), places in sorted(open_findings.items(), key=str):
        print(f"UNEXPLAINED {plugin}: `{secret}` in {places[0]} and {len(places) - 1} more", file=sys.stderr)
    sys.exit(bool(open_findings))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Divides labelled sentences once into a development and a test half; kept so that the split can be redone.

    python tests/crisis/sets/split.py PART.jsonl…

Reads JSON Lines with the columns of README.md and writes `development.csv` and `test.csv` beside this file.
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from collections import defaultdict
from pathlib import Path

COLUMNS = ("text", "context", "level", "kind", "language", "form")
FOLDER = Path(__file__).parent


def main(parts: list[str]) -> int:
    if not parts:
        print(__doc__, file=sys.stderr)
        return 2
    groups: dict[tuple[str, str, int], dict[str, dict[str, object]]] = defaultdict(dict)
    for part in parts:
        for line in Path(part).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            row["text"] = row["text"].strip()
            key = hashlib.sha256(row["text"].encode()).hexdigest()
            groups[row["language"], row["kind"], row["level"]][key] = row
    halves: tuple[list[dict[str, object]], ...] = ([], [])
    larger = 0  # where a group is odd, the halves take turns at the larger share
    for name in sorted(groups):
        ordered = [groups[name][key] for key in sorted(groups[name])]
        for place, row in enumerate(ordered):
            halves[(place + larger) % 2].append(row)
        larger = (larger + len(ordered)) % 2
    for rows, name in zip(halves, ("development.csv", "test.csv"), strict=True):
        with (FOLDER / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            for row in rows:
                context = row.get("context") or []
                shown = json.dumps(context, ensure_ascii=False) if context else ""
                writer.writerow(
                    {name: row[name] for name in COLUMNS if name != "context"} | {"context": shown}
                )
    print({name: len(rows) for rows, name in zip(halves, ("development", "test"), strict=True)})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

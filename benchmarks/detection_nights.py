"""Thirty whole audits, each with a seed of its own, of one SQLite table that does not change: which verdicts flip?

    python benchmarks/detection_nights.py [nights]

20,000 rows, of which a night samples 2,000. Columns hold e-mail addresses in 0 to 95 % of their cells, or free text
with an address in 0.05 to 20 % of it. The same nights are run once with ``stability: false`` for comparison.
"""

from __future__ import annotations

import random
import sqlite3
import sys
import tempfile
from pathlib import Path

from datagov import config
from datagov.audit import Engines, run

ROWS = 20_000
SHARES = (0.0, 0.3, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 0.95)
INSIDE = (0.0005, 0.002, 0.01, 0.03, 0.1, 0.2)


def build(path: Path) -> None:
    """The table."""
    chance = random.Random(7)
    names = [f"c{n}" for n in range(len(SHARES))] + [f"t{n}" for n in range(len(INSIDE))]
    with sqlite3.connect(path) as db:
        db.execute(f"CREATE TABLE border ({', '.join(f'{name} TEXT' for name in names)})")
        for n in range(ROWS):
            cells = [f"p{n}@example.com" if chance.random() < share else f"ref {n}" for share in SHARES]
            cells += [
                f"please write to p{n}@example.com soon" if chance.random() < share else f"nothing was said on day {n}"
                for share in INSIDE
            ]
            db.execute(f"INSERT INTO border VALUES ({', '.join('?' * len(cells))})", cells)
    db.close()


def main(nights: int) -> None:
    """Run the nights and print, for each column, how often tonight's verdict was not last night's."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build(folder / "border.db")
        for stability in ("true", "false"):
            flips: dict[str, int] = {}
            last: dict[str, frozenset[tuple[str, str]]] | None = None
            engines = None
            for seed in range(nights):
                path = folder / "datagov.yaml"
                path.write_text(
                    f"platform: border\nseed: {seed}\noutput: out-{stability}\ndetection: {{stability: {stability}}}\n"
                    "sources: {border: {use: sqlite, path: border.db}}\n"
                )
                engines = engines or Engines.of(config.load(path))
                evidence = run(path, engines=engines).evidence()
                found: dict[str, set[tuple[str, str]]] = {
                    row["name"]: set() for row in evidence.each("SELECT name FROM column")
                }
                for row in evidence.each("SELECT name, entity, mode FROM detection JOIN column USING (column_id)"):
                    found[row["name"]].add((row["entity"], row["mode"]))
                evidence.close()
                tonight = {column: frozenset(tags) for column, tags in found.items()}
                for column, tags in tonight.items():
                    flips[column] = flips.get(column, 0) + (last is not None and last[column] != tags)
                last = tonight
            if engines is not None:
                engines.close()
            wavering = {column: count for column, count in flips.items() if count}
            print(
                f"stability: {stability}: {sum(flips.values())} flips in {nights} nights; {wavering or 'none wavers'}"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)

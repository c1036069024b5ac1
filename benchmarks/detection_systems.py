"""Columns of systems as people build them: banks, shops, personnel, hospitals, telephones, sensors, in many languages.

    python benchmarks/detection_systems.py [working|untouched]    where the columns stand and what they mean

Written by hand, before detection was run on them: no generator of names or addresses is asked. ``systems()`` yields
(system, table, entity, column, values); an entity of None is a column about nobody.
"""

import argparse
import random
from collections.abc import Iterator

import detection_written_untouched as untouched
import detection_written_working as working
from detection_makers import Make

ROWS = 120
Column = tuple[str, str, str | None, str, list[object]]

_PARTS = {
    "working": (*working.BANK, *working.SHOP, *working.PERSONNEL, *working.TELEPHONE),
    "untouched": (*untouched.HOSPITAL, *untouched.CUSTOMERS, *untouched.CITIZENS, *untouched.OPERATIONS),
}
_DIRT: list[Make] = [
    lambda c: None,
    lambda c: "",
    lambda c: "  ",
    lambda c: "N/A",
    lambda c: "-",
    lambda c: "unknown",
]


def systems(part: str, seed: int = 21) -> Iterator[Column]:
    """The columns of the "working" or "untouched" part, each also with a tenth of dirt, and with few rows."""
    for number, (system, table, entity, column, make) in enumerate(_PARTS[part]):
        chance = random.Random(f"{seed}.{number}")
        values = [make(chance) for _ in range(ROWS)]
        yield system, table, entity, column, values
        dirty = [chance.choice(_DIRT)(chance) if chance.random() < 0.12 else value for value in values]
        dirty = [f" {value}\u00a0" if isinstance(value, str) and chance.random() < 0.1 else value for value in dirty]
        yield f"{system} dirty", table, entity, column, [column, *dirty]
        yield f"{system} short", table, entity, column, values[: chance.choice((3, 5, 8, 15))]


def main() -> None:
    """Print where the columns of a part stand and what they mean."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("part", nargs="?", choices=sorted(_PARTS), default="working")
    for system, table, entity, column, _ in systems(asked.parse_args().part):
        print(f"{system:18} {table}.{column}: {entity or 'nobody'}")


if __name__ == "__main__":
    main()

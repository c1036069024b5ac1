"""What the cases of ``cases/*.yaml`` are evidence of: ``python -m tests.lineage.familiar`` prints the forms that are
new or gone since ``datagov/lineage/familiar.txt`` was made, ``--write`` makes it anew.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml

import datagov.lineage.parsing
import datagov.lineage.script
from datagov.lineage import trace
from datagov.lineage.familiar import FILE, Familiar, familiar

CASES = Path(__file__).parent / "cases"
PATH = Path(datagov.lineage.parsing.__file__).parent / FILE
_HEAD = "# Forms that checked cases cover, made by `python -m tests.lineage.familiar --write`; see docs/lineage.md.\n"


def cases() -> Iterator[dict[str, Any]]:
    """All cases of all files."""
    for path in sorted(CASES.glob("*.yaml")):
        yield from yaml.safe_load(path.read_text(encoding="utf-8"))


def forms(examples: Iterable[dict[str, Any]]) -> list[str]:
    """The forms that tracing ``examples`` (``sql``, ``dialect`` …) meets, sorted."""
    met: set[str] = set()
    nothing = Familiar()

    class Noting(Familiar):
        """Knows no form and keeps all that it is asked about."""

        def new_forms(self, tree: Any) -> list[str]:
            met.update(nothing.new_forms(tree))
            return []

        def new_beginning(self, tokens: Any) -> str | None:
            form = nothing.new_beginning(tokens)
            if form is not None:
                met.add(f"begins {form}")
            return None

    noting: Callable[[], Familiar] = Noting
    with (
        patch.object(datagov.lineage.parsing, "familiar", noting),
        patch.object(datagov.lineage.parsing, "ordinary", lambda tokens: False),
        patch.object(datagov.lineage.script, "familiar", noting),
    ):
        for case in examples:
            trace(case["sql"], dialect=case.get("dialect", "postgres"), schema=case.get("schema"))
    return sorted(met)


def main(arguments: list[str]) -> int:
    """Print what differs, or write the file; 1 when it differs and is not written."""
    made = forms(cases())
    if "--write" in arguments:
        PATH.write_text(_HEAD + "".join(f"{form}\n" for form in made), encoding="utf-8")
        familiar.cache_clear()
        print(f"{len(made)} forms")
        return 0
    told = set(PATH.read_text(encoding="utf-8").splitlines()[1:])
    for form in sorted(told ^ set(made)):
        print("-" if form in told else "+", form)
    return int(told != set(made))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

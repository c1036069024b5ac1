"""The fact tables as a page of documentation: ``python -m tests.house.facts_page > docs/facts.md`` makes it again."""

from __future__ import annotations

from datagov import facts
from datagov.facts import TABLES, VERSION


def markdown() -> str:
    """The tables as a page of documentation: ``docs/facts.md``."""
    lines = [f"# The fact tables, version {VERSION}", "", (facts.__doc__ or "").strip(), ""]
    for table in TABLES.values():
        lines += [f"## {table.name}", "", table.doc, "", "| field | type | meaning |", "|---|---|---|"]
        for f in table.fields:
            lines.append(
                f"| {f.name} | {'int' if f.type == 'id' else f.type}{'' if f.required else ', may be NULL'} | {f.doc} |"
            )
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    print(markdown(), end="")

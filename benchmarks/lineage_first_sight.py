"""Would an engine have said that it was wrong? ``python benchmarks/lineage_first_sight.py COMMIT [--cases REF]``.

The engine as of COMMIT traces all cases there are now (or those of REF). Those that it did not have are SQL it sees for
the first time, with known answers. Of those it reads wrongly, how many are silent (no problem, no edge below
0.86), and how many are when forms that no case of COMMIT covers are doubted? How many of those it reads rightly are
doubted too? Each way to tell forms apart is printed, and both halves of the new cases (by the hash of their
text), to choose by one
and report the other.
The old engine comes out of ``git archive`` into a folder that is removed again.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from sqlglot import exp

from datagov.lineage.dialects import speech
from datagov.lineage.parsing import BROKEN
from datagov.lineage.split import pieces

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from tests.lineage.familiar import forms  # noqa: E402  the repository's own tests are no installed package

Case = dict[str, Any]
SURE = 0.86
_RUN = """
import json, sys
from datagov.lineage import trace
out = []
for case in json.load(sys.stdin):
    keys = ("schema", "default_catalog", "default_schema", "functions")
    traced = trace(case["sql"], dialect=case.get("dialect", "postgres"), **{key: case.get(key) for key in keys})
    shown = traced if case.get("hops") else traced.collapsed()
    found = {f"{e.source} -> {e.target}" for e in shown.edges if e.type == "DIRECT"}
    least = min((e.confidence for e in shown.edges), default=1.0)
    out.append([found == set(case["edges"]), bool(traced.problems), least])
json.dump(out, sys.stdout)
"""


def unpacked(ref: str, folder: Path) -> None:
    """The package and the cases of ``ref`` in ``folder``."""
    made = subprocess.run(["git", "archive", ref, "datagov", "tests/lineage/cases"], cwd=ROOT, check=True, stdout=-1)
    with tarfile.open(fileobj=io.BytesIO(made.stdout)) as tar:
        tar.extractall(folder, filter="data")


def cases_in(folder: Path) -> list[Case]:
    """The cases of a tree."""
    paths = sorted((folder / "tests" / "lineage" / "cases").glob("*.yaml"))
    return [case for path in paths for case in yaml.safe_load(path.read_text(encoding="utf-8"))]


def answers(folder: Path, cases: list[Case]) -> list[tuple[bool, bool]]:
    """(right, silent) of each case, by the engine in ``folder``."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN], cwd=folder, input=json.dumps(cases), check=True, stdout=-1, text=True
    )
    return [(right, not told and least >= SURE) for right, told, least in json.loads(done.stdout)]


def nodes(case: Case) -> list[exp.Expr]:
    """All nodes of the case's statements as the parser alone reads them."""
    voice = speech(case.get("dialect", "postgres"))
    found: list[exp.Expr] = []
    try:
        tokens = voice.tokens(case["sql"])
    except BROKEN:
        return []
    for piece in pieces(tokens, without_semicolons=voice.name in {"tsql", "fabric"}):
        try:
            found += [node for tree in voice.parse(piece.tokens, case["sql"]) if tree for node in tree.walk()]
        except BROKEN:
            continue
    return found


def token_pairs(case: Case) -> set[str]:
    """Pairs of neighbouring kinds of tokens."""
    try:
        kinds = [token.token_type.name for token in speech(case.get("dialect", "postgres")).tokens(case["sql"])]
    except BROKEN:
        return set()
    return {f"{one} {two}" for one, two in pairwise(kinds)}


def node_classes(case: Case) -> set[str]:
    """The classes of nodes."""
    return {node.__class__.__name__ for node in nodes(case)}


def node_places(case: Case) -> set[str]:
    """The classes of nodes with the place they stand in."""
    return {f"{node.parent.__class__.__name__}.{node.arg_key} {node.__class__.__name__}" for node in nodes(case)}


@cache
def _forms(text: str) -> frozenset[str]:
    return frozenset(forms([json.loads(text)]))


def our_forms(case: Case) -> set[str]:
    """Forms as ``datagov.lineage.familiar`` tells them apart."""
    return set(_forms(json.dumps(case)))


def per_dialect(case: Case) -> set[str]:
    """The same, each dialect for itself."""
    return {f"{case.get('dialect', 'postgres')} {form}" for form in our_forms(case)}


WAYS: dict[str, Callable[[Case], set[str]]] = {
    "pairs of tokens": token_pairs,
    "classes of nodes": node_classes,
    "classes and places": node_places,
    "forms": our_forms,
    "forms by dialect": per_dialect,
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit")
    parser.add_argument("--cases", help="a git reference to take the cases from, instead of the tree")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        old, now = Path(made) / "old", Path(made) / "now"
        unpacked(given.commit, old)
        if given.cases:
            unpacked(given.cases, now)
        had = cases_in(old)
        known = {(case["name"], case["sql"]) for case in had}
        new = [case for case in cases_in(now if given.cases else ROOT) if (case["name"], case["sql"]) not in known]
        told = answers(old, new)
    print(f"{len(had)} cases known, {len(new)} new, {sum(not right for right, _ in told)} of these wrong")
    print("| forms told apart by | half | wrong | silent before | silent | right | doubted before | doubted |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for name, way in WAYS.items():
        seen = set().union(*map(way, had))
        rows = [
            (*answer, bool(way(case) - seen), zlib.crc32(case["sql"].encode()) % 2)
            for case, answer in zip(new, told, strict=True)
        ]
        for half, label in ((0, "choice"), (1, "report"), (None, "both")):
            here = [row for row in rows if half is None or row[3] == half]
            wrong, right = [row for row in here if not row[0]], [row for row in here if row[0]]
            before, after = sum(row[1] for row in wrong), sum(row[1] and not row[2] for row in wrong)
            loud, doubted = sum(not row[1] for row in right), sum(not row[1] or row[2] for row in right)
            print(
                f"| {name} | {label} | {len(wrong)} | {_share(before, wrong)} | {_share(after, wrong)} | {len(right)} |"
                f" {_share(loud, right)} | {_share(doubted, right)} |"
            )


def _share(count: int, of: list[Any]) -> str:
    return f"{count / max(len(of), 1):.3f}"


if __name__ == "__main__":
    main()

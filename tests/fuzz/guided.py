"""Fuzz lineage by coverage: ``python -m tests.fuzz.guided --seconds 600 [--seed 1] [--corpus FOLDER]``.

Needs ``pip install atheris``; for runs by hand. The first byte chooses the door (tracing, masking, cutting, templates,
OpenLineage), the second the dialect, the rest is the text. A new run goes on from what an earlier one kept in the
corpus. The input that breaks a promise, crashes or hangs is written into the corpus's folder ``broken``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

from tests.fuzz.grammar import DIALECTS

_SECONDS_EACH = 30
_MEMORY_MB = 3000
_LONGEST = 3000

_SQL = (
    "insert into o (a) select md5(t.a) from s.t where b > 1 -- why\n;",
    "with x as (select a, b from s.t) select x.a, count(*) over (partition by b) from x join u using (a)",
    "merge into o using (select a from t) s on o.a = s.a when matched then update set b = s.a;",
    "create procedure p(@a int) as begin update t set a = @a from u where u.b = 'x'; exec q; end",
    "do $$ declare v int; begin for r in select a from t loop insert into o values (r.a); end loop; end $$;",
    "copy (select a from t) to 's3://b/x'; select * from t pivot (sum(a) for b in ('x', 'y')) p",
)
_TEMPLATE = (
    "{% for n in ['a', 'b'] %}select {{ n }} from {{ ref('t') }} {%- if is_incremental() %} where a{% endif %};"
    "{% endfor %}"
)
_EVENT = json.dumps(
    {
        "eventType": "COMPLETE",
        "job": {"namespace": "n", "name": "j"},
        "outputs": [
            {
                "namespace": "n",
                "name": "o",
                "facets": {
                    "columnLineage": {
                        "fields": {
                            "a": {
                                "inputFields": [
                                    {
                                        "namespace": "n",
                                        "name": "t",
                                        "field": "b",
                                        "transformations": [
                                            {"type": "DIRECT", "subtype": "IDENTITY", "masking": False}
                                        ],
                                    }
                                ]
                            }
                        }
                    }
                },
            }
        ],
    }
)
_DOORS = ("trace", "mask", "cut", "template", "openlineage")


def knock(data: bytes) -> None:
    """Hand the text behind the first two bytes of ``data`` to the door that they choose."""
    from tests.fuzz import promises

    if len(data) < 2:
        return
    door, dialect, rest = _DOORS[data[0] % len(_DOORS)], DIALECTS[data[1] % len(DIALECTS)], data[2:]
    if door == "openlineage":
        promises.received(rest)
        return
    text = rest.decode("utf-8", "replace")
    if door == "trace":
        promises.placed(text, dialect)
    elif door == "mask":
        promises.masked(text, dialect)
    elif door == "cut":
        promises.cut(text, dialect)
    else:
        promises.filled(text)


def seeds() -> list[bytes]:
    """One input per door and dialect and text to start from."""
    texts = [(door, text) for door in (0, 1, 2) for text in _SQL] + [(3, _TEMPLATE), (0, _TEMPLATE), (4, _EVENT)]
    return [bytes((door, n % len(DIALECTS))) + text.encode() for n, (door, text) in enumerate(texts)]


def main() -> int:
    """Run for a while; libFuzzer tells how many inputs it tried and ends with 0 when all promises were kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, help="Folder to begin from and to keep new inputs in.")
    given = parser.parse_args()
    try:
        import atheris
    except ImportError:
        print("Coverage-guided fuzzing needs atheris: python -m pip install atheris", file=sys.stderr)
        return 2
    corpus = given.corpus or Path(tempfile.mkdtemp(prefix="datagov-fuzz-"))
    (corpus / "broken").mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (corpus / f"seed-{number:02}").write_bytes(seed)
    _fuzz(atheris, corpus, given.seconds, given.seed)
    return 0


def _fuzz(atheris: Any, corpus: Path, seconds: int, seed: int) -> None:
    warnings.simplefilter("ignore")
    with atheris.instrument_imports(include=["datagov.lineage"]):
        from tests.fuzz import promises  # noqa: F401 - imported here so that lineage is instrumented
    switches = (
        f"-max_total_time={seconds}",
        f"-seed={seed}",
        f"-timeout={_SECONDS_EACH}",
        f"-rss_limit_mb={_MEMORY_MB}",
        f"-max_len={_LONGEST}",
        f"-artifact_prefix={corpus / 'broken'}/",
        "-print_final_stats=1",
    )
    atheris.Setup([sys.argv[0], *switches, str(corpus)], knock)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())

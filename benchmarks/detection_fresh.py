"""Detection on columns of generators and lists that were found when the rules were made.

    apt-get install --no-install-recommends php-cli php-faker ruby ruby-faker
    python benchmarks/detection_fresh.py looked [--list] [--style own|opaque]
    python benchmarks/detection_fresh.py untouched FOLDER [--style own|opaque]

The looked part is FakerPHP and Ruby's faker: rules were changed after a look at them, and the calibration is fitted on
them. The untouched part is ``detection_unseen.py``, which says what FOLDER holds: nobody looks at its columns. Sources
are split, not rows. What a column means was fixed before detection was run on it.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import detection_unseen
import pyarrow as pa
from detection_calibration import is_right
from detection_heldout import _ABOUT_PLACES, _PERSONAL, Column, Found, measure
from stdnum import iban

from datagov.detect import ColumnClassifier

_MORE = {
    "mobile": ("PHONE_NUMBER", "mobile"),
    "blood": ("BLOOD_TYPE", "blood_group"),
    "marital": ("MARITAL_STATUS", "marital_status"),
    "gender.short": ("GENDER", "sex"),
    "cpr.name": ("PERSON", "patient_name"),
    "passport": ("PASSPORT", "passport_no"),
    "middle": ("PERSON", "middle_name"),
}
_KINDS = {**_PERSONAL, **_MORE}
_UNSAYABLE = {"nrp", "swift", "cardtype", "thing.horse"}
"""Kinds about which people may differ, and kinds that an organisation may have."""


_UNTOLD = {"city", "state", "zip_code", "country", "county", "address_line2"}
_UNTOLD_ENTITIES = {"BANK_ACCOUNT", "PASSWORD", "LATITUDE", "LONGITUDE"}
"""Columns whose values are the same where they are personal and where not, or prove nothing."""


def generated(part: str, folder: Path | None = None) -> Iterator[Column]:
    """Columns of a part; the untouched one needs its folder."""
    for source, language, kind, values in _looked() if part == "looked" else detection_unseen.columns(folder or Path()):
        yield from _meant(source, language, kind, values)


def _looked() -> Iterator[detection_unseen.Raw]:
    here = Path(__file__).parent
    for command in (
        ["php", "-d", "error_reporting=0", str(here / "detection_fresh.php")],
        ["ruby", "-W0", str(here / "detection_fresh.rb")],
    ):
        yield from detection_unseen.made_by(command)


def _meant(source: str, language: str, kind: str, values: list[object]) -> Iterator[Column]:
    tag = f"{source} {language} {kind}"
    if kind in _UNSAYABLE or any(isinstance(v, dict) for v in values) or len(set(values)) < 2:
        return
    if kind.startswith("ssn."):
        yield tag, "customer", "*ID", "national_id", values
    elif kind == "account" and iban.is_valid(str(values[0])):
        # FakerPHP's bankAccountNumber is the country's IBAN where it has one.
        yield tag, "customer", "IBAN_CODE", "bank_account_no", values
    elif kind in _KINDS:
        entity, name = _KINDS[kind]
        yield tag, "customer", entity, name, values
    if kind in _ABOUT_PLACES:
        yield tag, "store", None, kind.replace(".", "_"), values
    elif kind not in _KINDS and not kind.startswith("ssn."):
        yield tag, "t_data", None, kind.removeprefix("thing.").replace(".", "_"), values


def main() -> None:
    """Print the measures of a part, with the entities that were missed."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("part", choices=("looked", "untouched"))
    asked.add_argument("folder", type=Path, nargs="?", help="packages of the untouched part")
    asked.add_argument("--list", action="store_true", help="name every column that was judged wrongly")
    asked.add_argument("--style", choices=("own", "opaque"), action="append", help="names shown; both by default")
    given = asked.parse_args()
    shown = list(generated(given.part, given.folder))
    classifier = ColumnClassifier()
    for style in given.style or ("own", "opaque"):
        found: list[Found] = []
        for column in shown:
            _, table, _, name, values = column
            said = (name, table) if style == "own" else ("c1", "t")
            verdict = classifier.classify(said[0], pa.array([str(value) for value in values]), table=said[1])
            found.append((column, verdict.entity, verdict.confidence))
        print(f"{style:7}{measure(found)}")
        wanted = Counter(column[2] for column, *_ in found if column[2])
        missed = Counter(c[2] for c, entity, _ in found if c[2] and not is_right(entity, c[2]))
        told = [(c, e) for c, e, _ in found if c[3] not in _UNTOLD or c[2] != "LOCATION"]
        told = [(c, e) for c, e in told if c[2] and c[2] not in _UNTOLD_ENTITIES]
        right = sum(is_right(e, c[2]) for c, e in told)
        print(f"  of the {len(told)} personal columns whose values can tell, {right / max(len(told), 1):.3f}")
        print("  missed: " + ", ".join(f"{entity} {n} of {wanted[entity]}" for entity, n in missed.most_common()))
        if given.list:
            for (tag, table, entity, name, _), got, confidence in found:
                if not is_right(got, entity):
                    print(f"  {style} {tag} | {table}.{name}: wanted {entity}, got {got} {confidence:.2f}")


if __name__ == "__main__":
    main()

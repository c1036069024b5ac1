"""What a fideslang manifest says of datasets and columns, in datagov's words: keys with values, owners, and where."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from datagov.connectors._fides_manifest import Dataset, DatasetField, PrivacyDeclaration, System
from datagov.connectors._options import escaped
from datagov.ownership import keys
from datagov.plural import counted
from datagov.vocabulary.fideslang import covers, entity_of
from datagov.vocabulary.legal_bases import known_basis
from datagov.yamlfile import Document
from datagov.yamlfile import Key as Step

Path = tuple[Step, ...]

_BASES: Mapping[str, str] = {
    "consent": "consent",
    "contract": "contract",
    "legal obligation": "legal_obligation",
    "vital interest": "vital_interest",
    "public interest": "public_interest",
    "legitimate interest": "legitimate_interest",
}
"""fideslang's legal bases in lower case and the singular, and the word datagov has for each."""

_NOTHING_SAID = ("", "not defined", "no retention or erasure policy")
"""What fideslang itself fills in where its user said nothing."""

_UNITS: Mapping[str, str] = {"year": "Y", "month": "M", "week": "W", "day": "D"}
_PERIOD = re.compile(r"(\d{1,6})\s*(year|month|week|day)?s?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """One value of a key for a dataset or column."""

    selector: str
    key: str
    value: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Owner:
    """A department that administrates a system, as the owner of a table the system refers to."""

    selector: str
    principal: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that does not count, as a sentence that does not repeat it."""

    message: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A dataset or system with the document it stands in."""

    value: Dataset | System
    document: Document
    at: Path

    def line(self, *path: Step) -> int:
        """Line of something below the entry."""
        return self.document.line(*self.at, *path)


@dataclass(frozen=True, slots=True)
class Table:
    """A collection under datagov's name for it, with the data categories it and its fields are said to hold."""

    selector: str
    categories: frozenset[str]


def tables(dataset: Dataset, schema: str | None) -> Sequence[Table]:
    """The tables of a dataset in the order of its collections; a name with a dot is taken as it stands."""
    below = schema or _namespace(dataset) or dataset.fides_key
    found = []
    for one in dataset.collections:
        name = one.name if "." in one.name else f"{below}.{one.name}"
        held = {*(dataset.data_categories or ()), *(one.data_categories or ()), *_categories(one.fields or ())}
        found.append(Table(escaped(name), frozenset(held)))
    return found


def of_dataset(placed: Placed, dataset: Dataset, held: Sequence[Table]) -> Iterator[Said | Fault]:
    """What a dataset says of its tables and columns."""
    file = placed.document.file
    for n, (one, table) in enumerate(zip(dataset.collections, held, strict=True)):
        at: Path = ("collections", n)
        for n_category, category in enumerate(one.data_categories or ()):
            yield Said(table.selector, "fides", category, file, placed.line(*at, "data_categories", n_category))
        for n_category, category in enumerate(dataset.data_categories or ()):
            if category not in (one.data_categories or ()):
                yield Said(table.selector, "fides", category, file, placed.line("data_categories", n_category))
        own = one.retention is not None
        retention, where = (one.retention, (*at, "retention")) if own else (dataset.retention, ("retention",))
        yield from _retention(table.selector, retention, file, placed.line(*where))
        for country in dataset.third_country_transfers or ():
            line = placed.line("third_country_transfers")
            yield Said(table.selector, "third_country", country, file, line)
        if dataset.joint_controller and dataset.joint_controller.name:
            name, line = dataset.joint_controller.name, placed.line("joint_controller")
            yield Said(table.selector, "controller", name, file, line)
        qualifier = one.data_qualifier or dataset.data_qualifier
        yield from _columns(placed, one.fields or (), at, table.selector, qualifier)


def _columns(
    placed: Placed, fields: Sequence[DatasetField], at: Path, parent: str, qualifier: str | None
) -> Iterator[Said | Fault]:
    file = placed.document.file
    for n, field in enumerate(fields):
        here: Path = (*at, "fields", n)
        selector = f"{parent}.{escaped(field.name)}"
        own = field.data_qualifier or qualifier
        if field.data_qualifier:
            yield Said(selector, "data_qualifier", own or "", file, placed.line(*here, "data_qualifier"))
        for m, category in enumerate(field.data_categories or ()):
            line = placed.line(*here, "data_categories", m)
            yield Said(selector, "fides", category, file, line)
            entity = entity_of(category)
            if entity and (own is None or own.endswith("identified")):
                yield Said(selector, "entity_type", entity, file, line)
        yield from _retention(selector, field.retention, file, placed.line(*here, "retention"))
        yield from _columns(placed, field.fields or (), here, selector, own)


def of_system(
    placed: Placed,
    system: System,
    datasets: Mapping[str, Sequence[Table]],
    bases: Mapping[str, str],
    purposes: Mapping[str, str],
) -> Iterator[Said | Owner | Fault]:
    """What a system says of the tables of datasets it refers to, and which of its references lead nowhere."""
    file = placed.document.file
    for n, key in enumerate(system.dataset_references or ()):
        yield from _of_reference(placed, system, datasets.get(key), placed.line("dataset_references", n))
    if not any(_referred(system, declaration) for declaration in system.privacy_declarations):
        message = "The system refers to no dataset, so what it declares is said of no table."
        yield Fault(message, file, placed.line())
        return
    for n, declaration in enumerate(system.privacy_declarations):
        at: Path = ("privacy_declarations", n)
        named = [key for key in _referred(system, declaration) if key in datasets]
        reached = [
            table
            for key in named
            for table in datasets[key]
            if any(covers(wider, held) for wider in declaration.data_categories for held in table.categories)
        ]
        if not reached:
            message = (
                f"The privacy declaration reaches no table: no collection of {counted(len(named), 'dataset')} it "
                "refers to has one of its data categories; correct 'dataset_references' or the categories."
            )
            yield Fault(message, file, placed.line(*at))
            continue
        basis, fault = _basis(declaration, bases)
        line = placed.line(*at, "legal_basis_for_processing")
        if fault:
            yield Fault(fault, file, line)
        for table in reached:
            use = declaration.data_use
            yield Said(table.selector, "purpose", purposes.get(use, use), file, placed.line(*at, "data_use"))
            if basis:
                yield Said(table.selector, "legal_basis", basis, file, line)
            for subject in declaration.data_subjects or ():
                name = subject if isinstance(subject, str) else subject.get("name")
                if isinstance(name, str) and name:
                    yield Said(table.selector, "data_subject", name, file, placed.line(*at, "data_subjects"))
            where = placed.line(*at, "retention_period")
            yield from _retention(table.selector, declaration.retention_period, file, where)
        yield from _recipients(placed, system, declaration, reached)


def _of_reference(
    placed: Placed, system: System, held: Sequence[Table] | None, line: int
) -> Iterator[Said | Owner | Fault]:
    """Owner, controller and transfers of a system for the tables of one dataset it refers to."""
    file = placed.document.file
    if held is None:
        message = "The system refers to a dataset that no manifest of the source describes; correct the reference."
        yield Fault(message, file, line)
        return
    department = (system.administrating_department or "").strip()
    for table in held:
        if department.casefold() not in _NOTHING_SAID:
            yield Owner(table.selector, department, file, placed.line("administrating_department"))
        if system.joint_controller and system.joint_controller.name:
            line = placed.line("joint_controller")
            yield Said(table.selector, "controller", system.joint_controller.name, file, line)
        for country in system.third_country_transfers or ():
            line = placed.line("third_country_transfers")
            yield Said(table.selector, "third_country", country, file, line)


def _referred(system: System, declaration: PrivacyDeclaration) -> Sequence[str]:
    """Keys of datasets that a privacy declaration is about: its own references, else those of its system."""
    own = [*(declaration.dataset_references or ()), *(declaration.egress or ()), *(declaration.ingress or ())]
    flows = [*(system.egress or ()), *(system.ingress or ())]
    wide = [*(system.dataset_references or ()), *(flow.fides_key for flow in flows if flow.type == "dataset")]
    return list(dict.fromkeys(own or wide))


def _recipients(
    placed: Placed, system: System, declaration: PrivacyDeclaration, reached: Sequence[Table]
) -> Iterator[Said]:
    """Systems and people that the system sends data of the declaration's categories to."""
    for n, flow in enumerate(system.egress or ()):
        sent = flow.data_categories or declaration.data_categories
        both = any(covers(a, b) or covers(b, a) for a in sent for b in declaration.data_categories)
        named = declaration.egress is None or flow.fides_key in declaration.egress
        if flow.type == "dataset" or not both or not named:
            continue
        for table in reached:
            if any(covers(category, held) for category in sent for held in table.categories):
                line = placed.line("egress", n)
                yield Said(table.selector, "recipient", flow.fides_key, placed.document.file, line)


def _basis(declaration: PrivacyDeclaration, bases: Mapping[str, str]) -> tuple[str | None, str | None]:
    """(legal basis, fault): the declaration's own, else that of its data use, which older manifests have."""
    said = declaration.legal_basis_for_processing or bases.get(declaration.data_use)
    if not said:
        return None, None
    plain = said.strip().casefold().removesuffix("s")
    if word := _BASES.get(plain):
        return word, None
    try:
        return known_basis(said.strip()), None
    except ValueError as error:
        return None, f"The legal basis does not count: {error}."


def _retention(selector: str, value: str | int | None, file: str, line: int) -> Iterator[Said | Fault]:
    """A period as ISO 8601: a plain number is days."""
    text = "" if value is None else str(value).strip()
    if text.casefold() in _NOTHING_SAID:
        return
    if match := _PERIOD.fullmatch(text):
        text = f"P{int(match[1])}{_UNITS[(match[2] or 'day').lower()]}"
    if keys.fault("retention", text):
        message = (
            "The retention must be a number of days, a period as '3 years', or ISO 8601 as P3Y; it does not count."
        )
        yield Fault(message, file, line)
        return
    yield Said(selector, "retention", text, file, line)


def _namespace(dataset: Dataset) -> str | None:
    """The schema that ``fides_meta.namespace`` names, in the words of the databases Fides knows."""
    namespace = (dataset.fides_meta or {}).get("namespace")
    if not isinstance(namespace, Mapping):
        return None
    found = next((namespace.get(key) for key in ("schema", "dataset_id", "schema_name") if namespace.get(key)), None)
    return found if isinstance(found, str) else None


def _categories(fields: Iterable[DatasetField]) -> Iterator[str]:
    for field in fields:
        yield from field.data_categories or ()
        yield from _categories(field.fields or ())

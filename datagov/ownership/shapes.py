"""The shapes of the register files a user writes: entities, purposes, notices (YAML) and principals (CSV).

Every model is also the published JSON Schema of its file (:func:`json_schemas`). An unknown key is an error with
file and line, because a misspelt ``left_at`` would otherwise make somebody active for ever.

``entities.yaml``, a list::

    - entity: lend-cn            # key used elsewhere
      name: Example Lending Ltd
      kind: microlending         # payment, microlending, insurance, wealth, trust, other
      parent: group-cn           # key of the entity that controls it, optional
      territory: CN              # ISO 3166, optional

``purposes.yaml``, a tree::

    - purpose: finance
      title: {en: Financial services, zh: 金融服务}
      children:
        - purpose: finance.credit_decision
          title: {en: Credit decision, zh: 授信决策}

``notices.yaml``, a list, one entry per version::

    - notice: credit
      version: v2
      purpose: finance.credit_decision      # or a list
      controller: lend-cn                   # optional
      effective_from: 2025-06-01            # UTC
      material: true                        # whether purpose, manner or category changed; leave out when not known

``principals.csv``: ``principal,name,status,left_at,replaced_by,entity``; only ``principal`` and ``status`` must be
filled; status is ``active``, ``disabled`` or ``left``.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from datagov.errors import ConfigError
from datagov.ownership import instants
from datagov.yamlfile import Document

Key = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^\S+$")]
Label = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Instant = Annotated[str, AfterValidator(instants.normal)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class Entity(_Entry):
    """One legal entity of ``entities.yaml``."""

    entity: Key
    name: Label
    kind: Literal["payment", "microlending", "insurance", "wealth", "trust", "other"] | None = None
    parent: Key | None = None
    territory: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")] | None = None


class Title(_Entry):
    """A title in English and 简体中文."""

    en: Label
    zh: Label


class Purpose(_Entry):
    """One purpose of ``purposes.yaml`` with the narrower ones below it."""

    purpose: Key
    title: Title
    children: list[Purpose] = []


class Notice(_Entry):
    """One version of a notice in ``notices.yaml``."""

    notice: Key
    version: Key
    purpose: Key | Annotated[list[Key], Field(min_length=1)]
    controller: Key | None = None
    effective_from: Instant
    material: bool | None = None


class Person(_Entry):
    """One line of ``principals.csv``."""

    principal: Key
    name: Label | None = None
    status: Literal["active", "disabled", "left"]
    left_at: Instant | None = None
    replaced_by: Key | None = None
    entity: Key | None = None


FILES: Mapping[str, TypeAdapter[Any]] = {
    "entities": TypeAdapter(list[Entity]),
    "purposes": TypeAdapter(list[Purpose]),
    "notices": TypeAdapter(list[Notice]),
}
"""YAML register kind to the shape of its file."""

_KEYS = sorted({name for model in (Entity, Purpose, Title, Notice, Person) for name in model.model_fields})

_Model = TypeVar("_Model")


def validated(document: Document, shape: TypeAdapter[_Model]) -> _Model:
    """The document's value in its shape; raises ConfigError with file and line, without repeating a value."""
    try:
        return shape.validate_python([] if document.value is None else document.value)
    except ValidationError as error:
        path, message = _first(error)
    known = tuple(step for step in path if isinstance(step, int) or step in _words(document.value))
    raise ConfigError(message, file=document.file, line=document.line(*known))


def person(row: Mapping[str, str], *, file: str, line: int) -> Person:
    """One CSV row as a person; raises ConfigError with file and line."""
    try:
        return Person.model_validate({key: value for key, value in row.items() if value})
    except ValidationError as error:
        _, message = _first(error)
    raise ConfigError(message, file=file, line=line)


def json_schemas() -> dict[str, dict[str, Any]]:
    """Register kind to the JSON Schema of its file, for editors."""
    return {kind: {"title": f"{kind}.yaml", **shape.json_schema()} for kind, shape in FILES.items()}


def _first(error: ValidationError) -> tuple[tuple[str | int, ...], str]:
    """Path and sentence of the first fault; pydantic's own text would repeat the offending value.

    A key that nobody knows comes first: it is usually the misspelt name of what is then missing.
    """
    found = error.errors(include_input=False, include_url=False)
    fault = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
    path = tuple(fault["loc"])
    where = next((step for step in reversed(path) if isinstance(step, str) and "[" not in step), "the file")
    match fault["type"]:
        case "extra_forbidden":
            near = get_close_matches(where, _KEYS, 1, 0.7)
            return path, f"There is no key called {where!r} here" + (f"; did you mean {near[0]!r}?" if near else ".")
        case "missing":
            return path[:-1], f"The key {where!r} is missing."
        case "list_type":
            return path, f"{where!r} must be a list." if where != "the file" else "The file must be a list of entries."
        case "model_type" | "model_attributes_type":
            return path, "An entry must be a mapping of keys to values."
        case "literal_error":
            return path, f"{where!r} must be {fault.get('ctx', {}).get('expected', 'one of the listed words')}."
        case "value_error":
            return path, f"{where!r} is wrong: {fault['msg'].removeprefix('Value error, ')}."
        case _:
            return path, f"{where!r} is wrong: {fault['msg'].lower()}."


def _words(value: Any) -> frozenset[str]:
    """Every key of a document, to tell real path steps from pydantic's own labels."""
    if isinstance(value, dict):
        return frozenset(map(str, value)).union(*map(_words, value.values()))
    return frozenset().union(*map(_words, value)) if isinstance(value, list) else frozenset()

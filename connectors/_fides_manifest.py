"""The shape of a fideslang manifest, as far as it is read here: datasets, systems, and the legal bases of data uses.

Versions 1 to 3 of fideslang are read alike: a key that only one of them has is simply there or not.
Source: https://ethyca.github.io/fideslang/.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from datagov.errors import ConfigError
from datagov.yamlfile import Document
from datagov.yamlfile import Key as Step

Key = Annotated[str, Field(min_length=1, max_length=500)]
Keys = Annotated[list[Key] | None, Field()]

SECTIONS = frozenset(("dataset", "system", "data_use"))
"""Sections of a manifest that are read."""

OTHER_SECTIONS = frozenset(
    ("organization", "data_category", "data_qualifier", "data_subject", "policy", "registry", "evaluation")
)
"""Sections of a manifest that say nothing of a dataset here."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class _Holder(_Part):
    """What datasets, collections and fields have in common."""

    data_categories: Keys = None
    data_qualifier: Key | None = None
    retention: str | int | None = None


class DatasetField(_Holder):
    """A column, or a field inside one."""

    name: Key
    fields: list[DatasetField] | None = None


class Collection(_Holder):
    """A table."""

    name: Key
    fields: list[DatasetField] | None = None


class Contact(_Part):
    """A controller; only what it is called is read."""

    name: Key | None = None


class Dataset(_Holder):
    """A database or schema with its tables."""

    fides_key: Key
    collections: list[Collection]
    third_country_transfers: Keys = None
    joint_controller: Contact | None = None
    fides_meta: dict[str, Any] | None = None


class Flow(_Part):
    """Where a system sends data to, or has it from."""

    fides_key: Key
    type: Key
    data_categories: Keys = None


class PrivacyDeclaration(_Part):
    """What a system does with data: categories of it, about whom, for which use, on which legal basis."""

    data_categories: list[Key]
    data_use: Key
    data_subjects: list[Key | dict[str, Any]] | None = None
    legal_basis_for_processing: str | None = None
    retention_period: str | int | None = None
    dataset_references: Keys = None
    egress: Keys = None
    ingress: Keys = None


class System(_Part):
    """A system that processes data of datasets."""

    fides_key: Key
    privacy_declarations: list[PrivacyDeclaration]
    administrating_department: str | None = None
    joint_controller: Contact | None = None
    third_country_transfers: Keys = None
    dataset_references: Keys = None
    egress: list[Flow] | None = None
    ingress: list[Flow] | None = None


class DataUse(_Part):
    """A use of data; in version 1 the legal basis stands here."""

    fides_key: Key
    legal_basis: str | None = None


_Model = TypeVar("_Model", bound=BaseModel)

_WORDS = {
    "missing": "is missing",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "list_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
}


def entries(document: Document, section: str) -> Iterator[tuple[tuple[Step, ...], Any]]:
    """Path and value of every entry of a section, which may be a list or one mapping; raises ConfigError."""
    value = document.value.get(section)
    if isinstance(value, list):
        yield from (((section, n), one) for n, one in enumerate(value))
    elif isinstance(value, dict):
        yield (section,), value
    elif value is not None:
        raise ConfigError(f"{section!r} must be a list of entries.", file=document.file, line=document.line(section))


def validated(document: Document, at: tuple[Step, ...], value: Any, model: type[_Model]) -> _Model:
    """An entry in its shape; raises ConfigError with file and line of its first fault, never a value."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    path: list[Step] = []
    for step in first["loc"]:
        if (*at, *path, step) not in document.lines and first["type"] != "missing":
            break
        path.append(step)
    where = ".".join(str(step) for step in (*at, *path))
    fault = _WORDS.get(first["type"], "has the wrong type or form")
    raise ConfigError(
        f"This manifest does not follow fideslang: {where!r} {fault}.",
        file=document.file,
        line=document.line(*at, *path),
    )

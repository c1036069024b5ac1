"""What is wrong with a configuration, as one sentence with file and line that repeats no value."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from datagov import yamlfile
from datagov.config_models import ConfigModel
from datagov.errors import ConfigError


def sentence(error: ValidationError, document: yamlfile.Document) -> ConfigError:
    """One fault as one sentence; pydantic's own text would repeat the offending value.

    A key that nobody knows comes first: it is usually the misspelt name of what is then missing.
    """
    found = error.errors(include_input=False, include_url=False)
    first = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
    path = tuple(step for step in first["loc"] if not (isinstance(step, str) and "[" in step))
    where = _subject(path, document)
    match first["type"]:
        case "extra_forbidden":
            near = get_close_matches(str(path[-1]), _fields_beside(path), 1, 0.7) if path else []
            message = f"There is no setting called {str(path[-1])!r}{_inside(path, document)}; "
            message += f"did you mean {near[0]!r}?" if near else "'datagov schema' lists them all."
        case "missing":
            message = f"{where} is missing."
        case "literal_error":
            message = f"{where} must be {first.get('ctx', {}).get('expected', 'one of the listed words')}."
        case _:
            reason = first["msg"].removeprefix("Value error, ").rstrip(".")
            reason = reason if first["type"] == "value_error" else reason.lower()
            message = f"{where} is wrong: {reason}."
    return ConfigError(message, file=document.file, line=document.line(*path))


def _fields_beside(path: tuple[int | str, ...]) -> list[str]:
    """Names, as a user writes them, of the settings that may stand where a path leads."""
    kind: Any = ConfigModel
    for step in path[:-1]:
        kind = _below(kind, step)
    return [name for model in _models(kind) for name in _written(model)]


def _below(kind: Any, step: int | str) -> Any:
    """The type of what a key or an index of a value of some type holds; None where none is known."""
    for model in _models(kind):
        for name, field in model.model_fields.items():
            if step in (name, field.alias):
                return field.annotation
    for one in (kind, *get_args(kind)):
        if get_origin(one) in (list, dict):
            return get_args(one)[-1]
    return None


def _models(kind: Any) -> list[type[BaseModel]]:
    """The models that a type is, or has among its alternatives."""
    return [one for one in (kind, *get_args(kind)) if isinstance(one, type) and issubclass(one, BaseModel)]


def _written(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _subject(path: tuple[int | str, ...], document: yamlfile.Document) -> str:
    """What is wrong, for people: ``The setting 'owner' in entry 2 of declarations (app.*)``."""
    if not path:
        return "The file"
    if isinstance(path[-1], int):
        entry = _place(path, document)
        return entry[:1].upper() + entry[1:]
    return f"The setting {path[-1]!r}{_inside(path, document)}"


def _inside(path: tuple[int | str, ...], document: yamlfile.Document) -> str:
    return f" in {_place(path[:-1], document)}" if len(path) > 1 else ""


def _place(path: tuple[int | str, ...], document: yamlfile.Document) -> str:
    """Where settings stand: their keys with dots, an entry of a list by its number, from 1, and what it is about."""
    shown, value = "", document.value
    for step in path:
        value = dict(_items(value)).get(step)
        if isinstance(step, int):
            about = value.get("select") or value.get("table") if isinstance(value, dict) else None
            shown = f"entry {step + 1} of {shown}" + (f" ({about})" if isinstance(about, str) else "")
        else:
            shown += f".{step}" if shown else step
    return shown


def _items(value: Any) -> Iterable[tuple[Any, Any]]:
    """The parts of a mapping or list by their key or number; of anything else, none."""
    return value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()

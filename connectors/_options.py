"""What every connector needs of its configuration: validated options, include and exclude globs, relative paths."""

from __future__ import annotations

import os
from collections.abc import Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from datagov import config
from datagov.contracts import Source
from datagov.errors import ConfigError
from datagov.ownership.selectors import escaped as escaped


class Options(BaseModel):
    """Base of an adapter's option model: frozen, and a key it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Model = TypeVar("Model", bound=Options)


def validated(source: Source, model: type[Model]) -> Model:
    """The source's options as ``model``; raises ConfigError that names the file and line of the source.

    The message never repeats a value: pydantic's own text would.
    """
    try:
        return model.model_validate(dict(source.options))
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        first = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
    where = ".".join(str(step) for step in first["loc"]) or "the options"
    if first["type"] == "extra_forbidden":
        known = sorted(field.alias or name for name, field in model.model_fields.items())
        near = get_close_matches(where, known, 1, 0.7)
        way_out = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}."
        message = f"Source {source.name!r} has an option {where!r} that {source.plugin!r} does not know; {way_out}"
    elif first["type"] == "missing":
        message = f"Source {source.name!r} needs the option {where!r}."
    else:
        reason = first["msg"].removeprefix("Value error, ").rstrip(".").lower()
        message = f"Source {source.name!r} has a wrong value in {where!r}: {reason}."
    raise ConfigError(message, file=source.file, line=source.line)


def located(source: Source, path: str) -> Path:
    """A file or folder that an option names: from the configuration's folder, ``${NAME}`` from the environment.

    Raises ConfigError, with the place of the source, for a variable that is not set.
    """
    try:
        return source.base / config.expand(path)
    except ConfigError as error:
        raise ConfigError(str(error), file=source.file, line=source.line) from None


def chosen(name: str, *, include: Sequence[str], exclude: Sequence[str]) -> bool:
    """Whether a name is wanted: some include glob matches it, or there is none; and no exclude glob does.

    >>> chosen("loan_2024", include=["loan_*"], exclude=["*_tmp"])
    True
    """
    wanted = not include or any(fnmatchcase(name, glob) for glob in include)
    return wanted and not any(fnmatchcase(name, glob) for glob in exclude)


def shown(path: Path, source: Source) -> str:
    """A path as facts and messages show it: relative to the configuration's folder, with forward slashes, UTF-8."""
    return readable(Path(os.path.relpath(path, source.base)).as_posix())


def readable(name: str) -> str:
    """A file name as UTF-8: bytes of another encoding, which Python keeps as surrogates, become U+FFFD."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

"""Directory exports in JSON: the list of people in what Entra ID, Okta, SCIM, Google, Feishu and DingTalk answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from datagov.errors import ConfigError
from datagov.jsonfile import Entry, Json, Member, lines
from datagov.ownership.directory import Record

_MORE_PAGES = ("@odata.nextLink", "nextLink", "has_more", "hasMore", "nextPageToken")
"""Keys beside the list that tell, when they hold something, that the export is one page of several."""

_DEEPEST = 3


def records(text: str, name: str, *, by_line: bool, at: Sequence[str] = ()) -> Iterator[Record]:
    """The people in the text, one JSON object each; ``at`` leads to their list, else the first list of objects is it.

    Raises ConfigError with file and line for JSON that is broken, has no such list, or is one page of several.
    """
    for entry in _by_line(text, name) if by_line else _listed(Json(text, name), name, at):
        if not isinstance(entry.value, Mapping):
            raise ConfigError("An entry must be an object.", file=name, line=entry.line)
        yield Record(entry.line, lambda attribute, value=entry.value: _at(value, attribute))  # type: ignore[misc]  # mypy infers no default


def _by_line(text: str, name: str) -> Iterator[Entry]:
    for entry in lines(text, name):
        if isinstance(entry, ConfigError):
            raise entry
        yield entry


def _listed(document: Json, name: str, at: Sequence[str]) -> Iterator[Entry]:
    document_end = document.whole()
    if isinstance(document_end, list) and not at:
        yield from document.entries(document.start)
        return
    found = _search(document, document.start, at, name) if isinstance(document_end, Mapping) else None
    if found is None:
        where = f"under {'.'.join(at)!r}" if at else "in it"
        raise ConfigError(f"There is no list of people {where}; say where with 'list'.", file=name, line=1)
    yield from document.entries(found)


def _search(document: Json, start: int, at: Sequence[str], name: str, depth: int = 0) -> int | None:
    """Where the list begins, in the object that begins at ``start`` or in an object inside it."""
    members = list(document.members(start))
    wanted = [member for member in members if not at or member.key == at[0]]
    for member in wanted:
        if document.is_list(member.start) and len(at) <= 1 and _holds_people(member.value, named=bool(at)):
            _refuse_pages(members, member, document, name)
            return member.start
    for member in wanted:
        if isinstance(member.value, Mapping) and depth < _DEEPEST and len(at) != 1:
            found = _search(document, member.start, at[1:], name, depth + 1)
            if found is not None:
                _refuse_pages(members, member, document, name)
                return found
    return None


def _holds_people(values: Sequence[Any], *, named: bool) -> bool:
    return named or (bool(values) and all(isinstance(one, Mapping) for one in values))


def _refuse_pages(members: Sequence[Member], people: Member, document: Json, name: str) -> None:
    for member in members:
        total = member.key == "totalResults" and isinstance(people.value, list) and isinstance(member.value, int)
        if (total and member.value > len(people.value)) or (member.key in _MORE_PAGES and member.value):
            raise ConfigError(
                f"This is one page of several ({member.key!r} says so); export all people into one list.",
                file=name,
                line=document.line(member.start),
            )


def _at(value: Any, attribute: str) -> Any:
    """The value at a dotted path, numbers being places in a list; a key with dots in it goes before the path."""
    if isinstance(value, Mapping) and (attribute in value or "." not in attribute):
        return value.get(attribute)
    for step in attribute.split("."):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, Sequence) and not isinstance(value, str) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value

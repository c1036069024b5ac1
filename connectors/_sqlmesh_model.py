"""A model of SQLMesh as it stands in its file: its MODEL header, and its query with constant macros in place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from datagov.connectors._python_text import names_next, stand_in

_BLOCK = r"/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z)"
_LEAD = rf"(?:\s|--[^\n]*\n|{_BLOCK})*+"
_STRING = r"'(?:''|\\.|[^'\\])*+(?:'|\\?\Z)"
_IDENTIFIER = r'"(?:""|[^"])*+(?:"|\Z)|`[^`]*+(?:`|\Z)'
_HEADER = re.compile(rf"(?is){_LEAD}MODEL\s*\(")
_QUERY = re.compile(rf"(?is){_LEAD}(?:\(\s*+)*+(select|with|from)\b")
_JINJA = re.compile(r"JINJA_(?:QUERY|STATEMENT)_BEGIN|\{\{|\{%")
_SPACE = re.compile(rf"(?s){_LEAD}")
_DEF = re.compile(rf"(?is){_LEAD}@DEF\s*\(\s*(\w+)\s*,\s*(.*)\)\s*\Z")
_MACRO = re.compile(
    rf"(?s)@\{{(\w+)\}}|@VAR\(\s*'(\w+)'\s*(?:,[^()]*)?\)|@(\w+)(\()?|({_IDENTIFIER})|{_STRING}|--[^\n]*|{_BLOCK}"
)
_EMBEDDED = re.compile(r"@\{(\w+)\}")
_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_TIME = re.compile(
    r"(?i)(start|end|execution)_(date|ds|ts|tstz|dt|dtntz|epoch|millis|hour)$|interval_|runtime_stage|gateway"
)
_PIECE = re.compile(rf"(?s){_STRING}|{_IDENTIFIER}|--[^\n]*|{_BLOCK}|[()\[\],;]|[^'\"`()\[\],;/-]+|.")
_AUDITS: Mapping[str, str] = {
    "not_null": "not_null",
    "not_null_non_blocking": "not_null",
    "unique_values": "unique",
    "unique_combination_of_columns": "unique_together",
    "accepted_values": "in_set",
    "not_accepted_values": "not_in_set",
    "match_regex_pattern_list": "matches_pattern",
    "match_like_pattern_list": "matches_pattern",
    "valid_email": "matches_pattern",
    "valid_uuid": "matches_pattern",
    "accepted_range": "range",
    "string_length_between": "length",
    "string_length_equal": "length",
    "number_of_rows": "row_count",
}
"""Audits that SQLMesh brings, and the word they are declared by; others keep their name."""


class NoModelError(Exception):
    """A file that begins with no MODEL header; without a message when it is another kind of file."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """What an audit or the grain asserts of columns, or of the table when it names none."""

    word: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A model: what its header says, and its query on the line on which it begins; ``unknown`` macros are stand-ins."""

    name: str
    kind: str
    properties: Mapping[str, str]
    columns: tuple[tuple[str, str], ...]
    assertions: tuple[Assertion, ...]
    sql: str | None
    line: int
    unknown: tuple[str, ...]

    def text(self, key: str) -> str | None:
        """A property as plain text, without quotes."""
        value = self.properties.get(key)
        return _plain(value) if value else None


def parts(text: str) -> list[tuple[int, str]]:
    """(the line on which it begins, its text) of each model in a file, from header to header; none is no model."""
    if _HEADER.match(text) is None:
        return []
    begins = [0]
    for piece in _PIECE.finditer(text):
        if piece.group() == ";" and _HEADER.match(text, piece.end()):
            space = _SPACE.match(text, piece.end())
            begins.append(space.end() if space else piece.end())
    ends = [*begins[1:], len(text)]
    return [(text.count("\n", 0, at) + 1, text[at:end]) for at, end in zip(begins, ends, strict=True)]


def model(text: str, variables: Mapping[str, str | float], first_line: int = 1) -> Model:
    """The model in a part of a file; raises NoModelError, with the end of a sentence where a header is broken."""
    header = _HEADER.match(text)
    if header is None:
        raise NoModelError
    end = _closing(text, header.end())
    if end is None:
        raise NoModelError("has a MODEL header that does not end")
    properties: dict[str, str] = {}
    for item in _split(text[header.end() : end]):
        key, _, value = _uncommented(item).strip().partition(" ")
        if key:
            properties.setdefault(key.lower(), value.strip())
    name = _plain(properties.get("name", ""))
    if not name or "@" in name:
        raise NoModelError("names itself by a macro, or not at all")
    sql, line, unknown = _query(text, end + 1, name, variables)
    return Model(
        name=name,
        kind=(re.match(r"\w+", properties.get("kind", "VIEW")) or [""])[0].upper(),
        properties=properties,
        columns=tuple(_columns(properties.get("columns", ""))),
        assertions=tuple(_asserted(properties)),
        sql=sql,
        line=line + first_line - 1,
        unknown=unknown,
    )


def _query(
    text: str, start: int, name: str, variables: Mapping[str, str | float]
) -> tuple[str | None, int, tuple[str, ...]]:
    """(the query with constant macros in place, its line, macros that are not known)."""
    if _JINJA.search(text, start):
        return None, text.count("\n", 0, start) + 1, ()
    known = {"this_model": name, **{key: _literal(value) for key, value in variables.items()}}
    found: tuple[int, str] | None = None
    at = start
    for statement in _split(text[start:], ";"):
        if made := _DEF.match(statement):
            known[made.group(1).lower()] = made.group(2).strip()
        elif found is None and _QUERY.match(statement):
            found = at, statement
        at += len(statement) + 1
    if found is None:
        return None, text.count("\n", 0, start) + 1, ()
    before = _SPACE.match(found[1])
    skipped = before.end() if before else 0
    line = text.count("\n", 0, found[0] + skipped) + 1
    sql, unknown = _filled(found[1][skipped:].rstrip(), known)
    return sql, line, unknown


def _filled(sql: str, known: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """(the SQL with constant macros in place, macros that are not known); strings and comments stay as they are."""
    out, at, unknown = "", 0, list[str]()
    for mark in _MACRO.finditer(sql):
        if mark.start() < at:
            continue
        out, at = out + sql[at : mark.start()], mark.end()
        embedded, name = mark.group(1), next((group for group in mark.groups()[:3] if group), None)
        if name is None:
            inside = mark.group(5) is not None
            named = _EMBEDDED.sub(lambda one: _embedded(one.group(1), known, unknown), mark.group()) if inside else ""
            out += named or mark.group()
            continue
        if mark.group(4):
            closing = _closing(sql, mark.end())
            at = len(sql) if closing is None else closing + 1
        told = known.get(name.lower())
        if embedded and told is not None:
            out += _embedded(name, known, unknown)
        elif told is not None and not mark.group(4):
            out += told.replace("\n", " ")
        elif _TIME.match(name):
            out += "'2020-01-01'"
        else:
            unknown.append(name)
            out += stand_in(name, out, 1) if names_next(out) else "0"
            out += "\n" * sql.count("\n", mark.start(), at)
    return out + sql[at:], tuple(dict.fromkeys(unknown))


def _literal(value: str | float) -> str:
    """A variable as SQL: a string is a literal, whatever it holds."""
    if not isinstance(value, str):
        return str(value)
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _embedded(name: str, known: Mapping[str, str], unknown: list[str]) -> str:
    """What ``@{name}`` puts into a name: the value where that is a name itself, else the macro's own."""
    told = _plain(known.get(name.lower(), ""))
    if _NAME.fullmatch(told):
        return told
    unknown.append(name)
    return name


def _closing(text: str, start: int) -> int | None:
    """Where the bracket that is open at ``start`` closes."""
    depth = 1
    for piece in _PIECE.finditer(text, start):
        if piece.group() in ("(", "["):
            depth += 1
        elif piece.group() in (")", "]"):
            depth -= 1
            if depth == 0:
                return piece.start()
    return None


def _split(text: str, sign: str = ",") -> Iterator[str]:
    """The parts of a text between signs that stand in no bracket, quote or comment."""
    depth, begin = 0, 0
    for piece in _PIECE.finditer(text):
        said = piece.group()
        depth += said in ("(", "[")
        depth -= said in (")", "]")
        if said == sign and depth <= 0:
            yield text[begin : piece.start()]
            begin = piece.end()
    yield text[begin:]


def _uncommented(text: str) -> str:
    pieces = (piece.group() for piece in _PIECE.finditer(text))
    return re.sub(r"\s+", " ", "".join(piece for piece in pieces if not piece.startswith(("--", "/*"))))


def _plain(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"`":
        return value[1:-1]
    return re.sub(r'["`]', "", value)


def _inner(value: str) -> str:
    """What stands in the brackets around a value; the value itself when there are none."""
    value = value.strip()
    return value[1:-1] if value[:1] in ("(", "[") and value[-1:] in (")", "]") else value


def _columns(value: str) -> Iterator[tuple[str, str]]:
    for item in _split(_inner(value)) if value else ():
        name, _, type_ = item.strip().partition(" ")
        if name:
            yield _plain(name), re.split(r"(?i)\s+comment\s", type_.strip())[0]


def _asserted(properties: Mapping[str, str]) -> Iterator[Assertion]:
    grains = properties.get("grains") or properties.get("grain")
    for grain in _split(_inner(grains)) if grains and "grains" in properties else [grains] if grains else []:
        columns = tuple(_plain(one) for one in _split(_inner(grain)) if one.strip())
        yield Assertion("unique_together" if len(columns) > 1 else "unique", columns)
    audits = properties.get("audits")
    for audit in _split(_inner(audits)) if audits else ():
        found = re.match(r"(?s)\s*(\w+)\s*(?:\((.*)\))?\s*\Z", audit)
        if found is None:
            continue
        columns = ()
        for argument in _split(found.group(2) or ""):
            key, _, said = argument.partition(":=")
            if key.strip().lower() in ("column", "columns") and said.strip():
                columns = tuple(_plain(one) for one in _split(_inner(said)) if re.fullmatch(r"[\w\s\"`]+", one))
        word = _AUDITS.get(found.group(1).lower(), found.group(1).lower())
        yield Assertion(f"{word}:partly" if re.search(r"\bcondition\s*:=", found.group(2) or "") else word, columns)

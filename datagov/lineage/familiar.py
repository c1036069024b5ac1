"""Familiarity: does a statement hold a form that no checked case of this engine covers?

The evidence is ``familiar.txt``: the forms that stand in the cases of ``tests/lineage/cases``, which say what the
engine is known to read rightly. A form is a place in the parse tree with the kind of what stands there (a clause of a
query, what a join joins), a function that is read as a table, a function or an operator that takes a query, a lambda,
a star or a named argument, or the words a statement begins with. What only computes a value (the name of a scalar
function, operators, types) and what carries none (hints, storage properties, constraints, units) is no form: reading it
needs no knowledge of it. Forms are shared by all dialects. ``python -m tests.lineage.familiar --write``
makes the file anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.kinds import BITS, BY_BIT, KINDS, LEAVES, PLAIN, SOURCES, SPECIAL, function_name
from datagov.lineage.words import kind_of, words

FILE = "familiar.txt"
_QUERIES = frozenset({"SELECT", "WITH", "VALUES", "(", "FROM"})
_QUOTED = frozenset({TokenType.IDENTIFIER, TokenType.STRING, TokenType.NUMBER})
_FIRST_WORDS = words(
    """
    ABORT ACCEPT ANALYSE APPLY ASSERT BACKUP BTEQ BULK CHECKPOINT CLONE CLOSE CONNECT CONTINUE DBCC
    DEALLOCATE DISABLE DISCARD ENABLE ERASE EXCHANGE EXIT EXPORT FLASHBACK FLUSH GET GOTO HANDLER HELP
    IMPORT INSTALL LIST LISTEN LOCKING LOGOFF LOGON MODEL MSCK MOVE NOTIFY OPEN OPTIMIZE POPULATE
    PREPARE PRINT PROMPT PURGE PUT QUIT RAISE READ RELEASE REM REMOVE REPAIR RESIGNAL RESTORE RESUME
    SIGNAL SPOOL SUSPEND SWITCH UNLINK UNLISTEN UNLOAD UNLOCK VACUUM VALIDATE WAITFOR WHENEVER WRITE
    WRITETEXT CURSOR CATALOG ROLE
    """
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LONGEST = 30
_MOST = 4
_ORDINARY_WORDS = words(
    """
    SELECT FROM WHERE AND OR NOT ON JOIN LEFT RIGHT INNER OUTER FULL CROSS GROUP_BY ORDER_BY HAVING
    COMMA DOT L_PAREN R_PAREN EQ NEQ LT LTE GT GTE PLUS DASH STAR SLASH MOD DPIPE DCOLON ALIAS VAR
    IDENTIFIER STRING NUMBER NULL TRUE FALSE IN BETWEEN LIKE IS EXISTS CASE WHEN THEN ELSE END WITH
    UNION ALL DISTINCT LIMIT OVER PARTITION_BY ROWS ASC DESC INSERT INTO VALUES UPDATE SET CREATE TABLE
    VIEW DROP REPLACE PRIMARY_KEY DEFAULT INT SMALLINT BIGINT DECIMAL DOUBLE FLOAT VARCHAR CHAR TEXT
    BOOLEAN DATE TIMESTAMP TIMESTAMPTZ INTERVAL CURRENT_DATE CURRENT_TIMESTAMP SEMICOLON
    """
)
_ORDINARY = frozenset(kind for kind in TokenType if kind.name in _ORDINARY_WORDS)
"""What statements of every day are made of: one of nothing else is not looked into, which spares most of the time."""


def ordinary(tokens: list[Token]) -> bool:
    """Is the statement made of nothing but ordinary words, names and values?"""
    return _ORDINARY.issuperset(map(kind_of, tokens))


class _Acts(dict[type, int]):
    """What to do about a child of a class, kept once asked: 1 to enter it, 2 to look closer or to tell of it."""

    def __init__(self, known: int, plain: bool = False) -> None:
        self._known, self._plain = known, plain

    def __missing__(self, cls: type) -> int:
        bit = KINDS.get(cls, 1)
        wanted = not bit & SPECIAL if self._plain else bit & self._known
        act = (bit > LEAVES) + (0 if wanted else 2)
        self[cls] = act
        return act


class _Places(dict[str, _Acts]):
    """The places of one class of nodes."""

    def __missing__(self, place: str) -> _Acts:
        self[place] = acts = _Acts(0)
        return acts


class _Rows(dict[type, "_Places | None"]):
    """The places of each class of nodes; None for one that only computes a value."""

    def __missing__(self, cls: type) -> _Places | None:
        self[cls] = row = None if cls in PLAIN else _Places()
        return row


class Familiar:
    """Forms known; ``new_forms`` and ``new_beginning`` tell those that are not."""

    __slots__ = ("_beginnings", "_rows", "_single")

    def __init__(self, forms: Iterable[str] = ()) -> None:
        self._single: set[str] = set()
        self._beginnings: set[str] = set()
        kinds: dict[tuple[str, str], int] = {}
        for form in forms:
            word, _, rest = form.partition(" ")
            owner, _, place = word.partition(".")
            if word == "begins":
                self._beginnings.add(rest)
            elif place:
                kinds[owner, place] = kinds.get((owner, place), 0) | BITS.get(rest, 0)
            else:
                self._single.add(form)
        self._rows = _Rows()
        for (owner, place), known in kinds.items():
            row = self._rows[getattr(exp, owner, object)]
            if row is not None:
                row[place] = _Acts(known)

    def new_forms(self, tree: Any) -> list[str]:
        """The forms of a tree that are not known, each as a line of the file; one pass, leaves are not entered."""
        new: list[str] = []
        stack = [tree]
        pop, push, rows = stack.pop, stack.append, self._rows
        while stack:
            node = pop()
            cls = node.__class__
            row = rows[cls]
            if row is None:
                for value in node.args.values():
                    for child in value if value.__class__ is list else (value,):
                        act = _GIVEN[child.__class__]
                        if act:
                            push(child)
                            if act > 1:
                                self._given(node, child, new)
                continue
            for place, value in node.args.items():
                if value:
                    acts = row[place]
                    for child in value if value.__class__ is list else (value,):
                        act = acts[child.__class__]
                        if act:
                            if act & 1:
                                push(child)
                            if act > 1:
                                new.append(f"{cls.__name__}.{place} {_kind(child)}")
            if cls is exp.Table or cls in SOURCES:
                self._source(node, new)
        return new

    def _given(self, node: Any, child: Any, new: list[str]) -> None:
        """``node`` computes a value of something that is more than a value."""
        form = f"given {function_name(node)} {_kind(child)}"
        if form not in self._single:
            new.append(form)

    def _source(self, node: Any, new: list[str]) -> None:
        """``node`` is a table; when it is a function, that function must be known as one."""
        inner = row_function(node.args.get("this"))
        if inner.__class__ in PLAIN and isinstance(inner, exp.Func):
            form = self.new_source(inner)
            if form is not None:
                new.append(form)

    def new_source(self, function: Any) -> str | None:
        """The form of a function that is read as a table, when it is not known as one."""
        form = f"table {function_name(function)}"
        return None if form in self._single else form

    def new_beginning(self, tokens: list[Token]) -> str | None:
        """How a statement begins when none that is known begins so, else None."""
        form = beginning(tokens)
        return None if form is None or form in self._beginnings else form


_GIVEN = _Acts(0, plain=True)


def _kind(node: Any) -> str:
    return BY_BIT[KINDS.get(node.__class__, 1)]


def beginning(tokens: list[Token]) -> str | None:
    """The first word of a statement, or two when both are words of SQL; None for a query and after a name."""
    if not tokens or tokens[0].text.upper() in _QUERIES:
        return None
    words = []
    for token in tokens[:2]:
        word = token.text.upper()
        if token.token_type in _QUOTED or word not in words_of_sql() or len(word) > _LONGEST:
            break
        words.append(word)
    return " ".join(words) if words else None


def row_function(node: Any) -> Any:
    """The function whose rows are read: what stands in ``TABLE(f(x))``, else the node itself."""
    wrapped = isinstance(node, exp.Anonymous) and node.name.lower() == "table" and len(node.expressions) == 1
    return node.expressions[0] if wrapped else node


@cache
def words_of_sql() -> frozenset[str]:
    """Every word that some dialect's tokenizer knows, so that no name and no value is taken for one."""
    known = {word.upper() for made in Dialect.classes.values() for word in made.tokenizer_class.KEYWORDS}
    return frozenset(word for word in known if word.replace(" ", "").replace("_", "").isalpha()) | _FIRST_WORDS


@cache
def familiar() -> Familiar:
    """The forms of ``familiar.txt``."""
    text = files("datagov.lineage").joinpath(FILE).read_text(encoding="utf-8")
    return Familiar(line for line in text.splitlines() if not line.startswith("#"))


def told(forms: Iterable[str]) -> str:
    """Forms in plain words, at most four of them."""
    named = list(dict.fromkeys(_told(form) for form in forms))
    more = f" and {len(named) - _MOST} more" if len(named) > _MOST else ""
    return ", ".join(named[:_MOST]) + more


def _told(form: str) -> str:
    word, _, rest = form.partition(" ")
    if word == "begins":
        return f"a statement that begins with {rest}"
    if word == "table":
        return f"the function {_words(rest)} as a table"
    if word == "given":
        name, _, kind = rest.partition(" ")
        return f"{_words(name)} of {_article(kind)}"
    owner, _, place = word.partition(".")
    if place in {"this", "expression", "expressions"}:
        return f"{_article(rest)} in {_words(owner)}"
    return f"{place.strip('_').replace('_', ' ')} of {_words(owner)}"


def _article(kind: str) -> str:
    name = _words(kind)
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _words(name: str) -> str:
    """A class of the parser in words; the name of a function as it is."""
    return name if name.isupper() else _HUMP.sub(" ", name).lower()

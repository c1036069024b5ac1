"""What a column's name, its table's name and its comment say: weights of evidence (log-odds) per entity,
and vetoes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from datagov.detect import wordlists
from datagov.detect.lexicon import Entry, Lexicon, plain

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+|[\u3400-\u9fff]+|[^\W\d_]+")
_HAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_DENYING_PREFIXES = wordlists.sections("traits.txt")["denying prefix"]
_WEIGHT = {3: 4.5, 2: 2.4, 1: 1.2}
_LANGUAGE_WEIGHT = {"initials": 0.9}
VETO = -4.0
"""Log-odds taken from an entity whose name is denied by its surroundings (email *type*, *product* name)."""
_TOO_COMMON = frozenset({"age", "sex", "race", "pin", "pan", "sin"})
"""Terms that end or begin too many other words to be looked for inside one (percent*age*)."""
_NAMED_BY_PERSONS = frozenset({"PERSON", "USERNAME", "LOCATION_PART"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of tokens of a name that the lexicon knows, or one it does not (no entries)."""

    text: str
    entries: tuple[Entry, ...]

    def has(self, role: str) -> bool:
        """Whether one of the meanings has this role."""
        return any(entry.role == role for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Naming:
    """Evidence of the names: log-odds per entity, vetoes with their word, masks hinted at, and the subject.

    ``persons``  the column or its table is about persons;  ``thing`` it is about something else;
    ``opaque``   no word of the name is known.
    """

    weights: Mapping[str, float]
    vetoes: Mapping[str, str]
    masks: tuple[str, ...]
    tokens: tuple[str, ...]
    persons: bool
    thing: bool
    opaque: bool


def tokens(name: str) -> list[str]:
    """Split a name at case, digits, punctuation and script: ``custIDCardNo2`` → cust id card no 2.

    >>> tokens("custIDCardNo2"), tokens("客户ID")
    (['cust', 'id', 'card', 'no', '2'], ['客户', 'id'])
    """
    return [word.casefold() for word in _WORDS.findall(plain(unicodedata.normalize("NFKC", name[:512])))]


def pieces(name: str, lexicon: Lexicon) -> list[Piece]:
    """The words of a name, those that belong together as one."""
    return list(_pieces(tokens(name), lexicon))


def read(
    name: str, lexicon: Lexicon, *, table: str | None = None, comment: str | None = None, of_persons: bool = False
) -> Naming:
    """Weigh the words of a column's name; the table gives the subject, the comment a second, weaker
    opinion. ``of_persons``: other columns show that the rows are about persons."""
    own = pieces(name, lexicon)
    around = pieces((table or "").rsplit(".", 1)[-1], lexicon)
    persons = of_persons or any(p.has("personal") for p in (*own, *around))
    table_thing = bool(around) and not any(p.has("personal") for p in around) and any(p.has("thing") for p in around)
    weights, vetoes = _weigh(own, persons=persons, table_thing=table_thing)
    if comment:
        said = list(_pieces(tokens(_headline(comment)), lexicon))
        more, refused = _weigh(said, persons=persons or any(p.has("personal") for p in said), table_thing=table_thing)
        for entity, weight in more.items():
            if entity not in vetoes:
                weights[entity] = max(weights.get(entity, 0.0), 0.8 * weight) + (0.8 if entity in weights else 0.0)
        for entity, why in refused.items():
            vetoes.setdefault(entity, f"comment: {why}")
    known = [p for p in own if p.entries and not p.has("skip")]
    masks = tuple(dict.fromkeys(e.entity for p in own for e in p.entries if e.role == "mask"))
    return Naming(
        weights=weights,
        vetoes=vetoes,
        masks=masks,
        tokens=tuple(p.text for p in own),
        persons=persons,
        thing=not weights and any(p.has("thing") or p.has("not") for p in known),
        opaque=not known and not weights,
    )


def _headline(comment: str) -> str:
    """The part of a comment that says what the column is: before a list of codes or an explanation."""
    return re.split(r"[:：,，;；。(（\n\[【]|\s-\s|\. ", comment.strip(), maxsplit=1)[0][:80]


def _pieces(words: Sequence[str], lexicon: Lexicon) -> Iterator[Piece]:
    at = 0
    while at < len(words):
        for end in range(min(len(words), at + 6), at, -1):
            joined = "".join(words[at:end])
            entries = lexicon.get(joined)
            if entries and (end - at > 1 or not _HAN.search(joined) or len(joined) <= lexicon.longest):
                yield Piece(" ".join(words[at:end]), entries)
                at = end
                break
        else:
            yield from _inside(words[at], lexicon)
            at += 1


def _inside(word: str, lexicon: Lexicon) -> list[Piece]:
    """Words written together: Chinese always, Latin only when known words cover the whole (``custemail``)."""
    if _HAN.search(word):
        return _longest_first(word, lexicon)
    if len(word) < 6:
        return [Piece(word, ())]
    best: list[list[str] | None] = [[]] + [None] * len(word)
    for end in range(3, len(word) + 1):
        for start in range(max(0, end - 24), end - 2):
            head = best[start]
            if head is not None and word[start:end] not in _TOO_COMMON and _is_word(word[start:end], lexicon):
                tail = best[end]
                if tail is None or len(head) + 1 < len(tail):
                    best[end] = [*head, word[start:end]]
    parts = best[len(word)]
    if parts is None:
        return [Piece(word, ())]
    return [Piece(part, lexicon.get(part)) for part in parts]


def _is_word(part: str, lexicon: Lexicon) -> bool:
    return any(entry.language != "initials" for entry in lexicon.get(part))


def _longest_first(word: str, lexicon: Lexicon) -> list[Piece]:
    """Chinese: the split with the fewest unknown characters, then the fewest words; the head is at the
    end."""
    best: list[tuple[int, int, list[Piece]]] = [(0, 0, [])]
    for end in range(1, len(word) + 1):
        unknown, count, pieces = best[end - 1]
        choice = (unknown + 1, count + 1, [*pieces, Piece(word[end - 1 : end], ())])
        for start in range(max(0, end - 12), end):
            entries = lexicon.get(word[start:end])
            if entries:
                unknown, count, pieces = best[start]
                candidate = (unknown, count + 1, [*pieces, Piece(word[start:end], entries)])
                choice = min(choice, candidate, key=lambda c: c[:2])
        best.append(choice)
    return best[-1][2]


def _weigh(pieces: Sequence[Piece], *, persons: bool, table_thing: bool) -> tuple[dict[str, float], dict[str, str]]:
    weights: dict[str, float] = {}
    vetoes: dict[str, str] = {}
    heads = [i for i, p in enumerate(pieces) if p.has("is")]
    for i in heads:
        after, before = pieces[i + 1 :], pieces[:i]
        for entry in pieces[i].entries:
            if entry.role != "is":
                continue
            why = _denied(entry, before, after, persons=persons, table_thing=table_thing)
            if why:
                vetoes[entry.entity] = why
                continue
            weight = _WEIGHT[entry.strength] * _LANGUAGE_WEIGHT.get(entry.language, 1.0)
            if entry.strength < 3 and persons:
                weight += 1.6
            if any(p.has("is") for p in after):
                weight *= 0.4
            elif any(not p.entries for p in after):
                weight *= 0.7
            weights[entry.entity] = max(weights.get(entry.entity, 0.0), weight)
    for entity in weights:
        vetoes.pop(entity, None)
    return weights, vetoes


def _denied(
    entry: Entry, before: Sequence[Piece], after: Sequence[Piece], *, persons: bool, table_thing: bool
) -> str | None:
    for piece in after:
        if piece.has("not") and not piece.has("is"):
            return piece.text
    if before and before[0].text in _DENYING_PREFIXES:
        return before[0].text
    if entry.entity in _NAMED_BY_PERSONS:
        nearest = before[-1] if before else None
        if nearest and nearest.has("thing") and not nearest.has("personal"):
            return nearest.text
        if entry.strength == 1 and any(p.has("thing") for p in before):
            return next(p.text for p in before if p.has("thing"))
        if entry.strength <= 2 and table_thing and not any(p.has("personal") for p in before):
            return "the table"
    return None

"""A CODEOWNERS file as rules: which pattern gives which owners, in GitHub's and in GitLab's reading of it.

Sources: https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
and https://docs.gitlab.com/user/project/codeowners/reference/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import translate

_SECTION = re.compile(r"(\^?)\[([^\]]+)\](?:\[\d+\])?(.*)")
_SPACES = re.compile(r"(?<!\\)[ \t]+")
_OWNER = re.compile(r"@?@[\w./-]+|[^\s@]+@[^\s@]+\.[^\s@]+")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern over paths with forward slashes, from the root of the repository."""

    segments: tuple[re.Pattern[str] | None, ...]
    """One per folder and file name; None stands for any number of folders."""
    below: str
    """What lies below a match: ``never``, ``also`` or ``only`` matches."""

    def matches(self, path: str) -> bool:
        """Whether the pattern selects the file."""
        states = self._skipped({0})
        parts = path.split("/")
        for n, part in enumerate(parts):
            if len(self.segments) in states and self.below != "never":
                return True
            states = self._skipped(set(self._steps(states, part)))
            if not states:
                return False
            if n == len(parts) - 1 and len(self.segments) in states:
                return self.below != "only"
        return False

    def _steps(self, states: set[int], part: str) -> Iterator[int]:
        for state in states:
            if state < len(self.segments):
                segment = self.segments[state]
                if segment is None:
                    yield state
                    if state == len(self.segments) - 1:
                        yield state + 1
                elif segment.fullmatch(part):
                    yield state + 1

    def _skipped(self, states: set[int]) -> set[int]:
        """The states and those reached when ``**`` stands for no folder; at the end it stands for at least one name."""
        reached = set(states)
        for state in sorted(states):
            while state < len(self.segments) - 1 and self.segments[state] is None:
                state += 1
                reached.add(state)
        return reached


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern with its owners, in the order of the file; ``excludes`` takes files out of the section for good."""

    pattern: Pattern
    owners: tuple[str, ...]
    line: int
    section: str = ""
    excludes: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that does not count, and why, as the end of a sentence."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class CodeOwners:
    """The rules of a file, and the lines that do not count."""

    rules: tuple[Rule, ...]
    faults: tuple[Fault, ...]
    _by_section: dict[str, list[Rule]] = field(default_factory=dict, repr=False, compare=False)

    def of(self, path: str) -> Iterator[Rule]:
        """The rule that decides on a file, of every section: the last that matches; one without owners leaves none."""
        if not self._by_section:
            for rule in self.rules:
                self._by_section.setdefault(rule.section, []).append(rule)
        for rules in self._by_section.values():
            if any(rule.excludes and rule.pattern.matches(path) for rule in rules):
                continue
            matching = (rule for rule in reversed(rules) if not rule.excludes and rule.pattern.matches(path))
            if deciding := next(matching, None):
                yield deciding


def parsed(text: str, *, gitlab: bool) -> CodeOwners:
    """The rules of a file's text."""
    rules: list[Rule] = []
    faults: list[Fault] = []
    section, usual = "", tuple[str, ...]()
    for number, line in enumerate(text.splitlines(), start=1):
        words = _words(line)
        if not words:
            continue
        if gitlab and (match := _SECTION.fullmatch(line.strip())):
            section, usual = match[2].strip().casefold(), tuple(_owners(_words(match[3])))
            continue
        try:
            rules.append(_rule(words, number, section, usual, gitlab=gitlab))
        except ValueError as error:
            faults.append(Fault(number, str(error)))
    return CodeOwners(tuple(rules), tuple(faults))


def has_sections(text: str) -> bool:
    """Whether a file is written for GitLab: GitHub knows no sections."""
    return any(_SECTION.fullmatch(line.strip()) for line in text.splitlines())


def _rule(words: Sequence[str], number: int, section: str, usual: tuple[str, ...], *, gitlab: bool) -> Rule:
    text, *rest = words
    excludes = text.startswith("!")
    if excludes and not gitlab:
        raise ValueError("begins with '!', which GitHub does not read")
    unknown = [word for word in rest if not _OWNER.fullmatch(word)]
    if unknown:
        raise ValueError("names an owner that is neither @user, @group/team nor an e-mail address")
    owners = tuple(_owners(rest)) or (usual if gitlab else ())
    pattern = _pattern(text.removeprefix("!"), gitlab=gitlab)
    return Rule(pattern, () if excludes else owners, number, section, excludes)


def _pattern(text: str, *, gitlab: bool) -> Pattern:
    plain = re.sub(r"\\([ #\\])", r"\1", text)
    if re.search(r"[\[\]]", plain):
        raise ValueError("has brackets in its pattern, which are not read")
    inside = plain.strip("/")
    if not inside:
        raise ValueError("has a pattern that names nothing")
    anchored = plain.startswith("/") or (not gitlab and "/" in inside)
    names = ([] if anchored else ["**"]) + inside.split("/")
    kept = [name for n, name in enumerate(names) if name != "**" or n == 0 or names[n - 1] != "**"]
    segments = tuple(None if name == "**" else re.compile(translate(name)) for name in kept)
    if plain.endswith("/"):
        return Pattern(segments, "only")
    whole = gitlab or kept[-1] == "*"
    return Pattern(segments, "never" if whole and kept != ["**", "*"] else "also")


def _owners(words: Sequence[str]) -> Iterator[str]:
    return (word for word in words if _OWNER.fullmatch(word))


def _words(line: str) -> list[str]:
    """The words of a line, its comment left out; a backslash keeps the space or ``#`` behind it in the word."""
    plain = re.sub(r"(?:^|(?<=[ \t]))#.*", "", line.strip())
    return [word for word in _SPACES.split(plain.strip()) if word]

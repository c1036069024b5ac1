"""Rule files → rules: validates what datagov.rulepacks finds, and says with file and line what is wrong."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from datagov import rulepacks, yamlfile
from datagov.errors import ConfigError, PluginError
from datagov.model import Outcome, Severity
from datagov.vocabulary import sentences

Evidence = Literal[
    "owners", "principals", "entities", "purposes", "processing", "notices", "consent", "lineage", "content"
]
"""A register (see the fact table ``register``), ``lineage`` (SQL was read) or ``content`` (values were looked at)."""

Sentence = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Model):
    """A text in English and 简体中文; ``{name}`` stands for an argument in messages."""

    en: Sentence
    zh: Sentence

    @model_validator(mode="after")
    def _both(self) -> Self:
        if not _CHINESE.search(self.zh):
            raise ValueError("the Chinese text holds no Chinese character")
        if set(_PLACEHOLDER.findall(self.en)) == set() and _PLACEHOLDER.search(self.zh):
            raise ValueError("the Chinese text names an argument that the English one does not")
        return self

    def filled(self, arguments: Mapping[str, Any]) -> tuple[str, str]:
        """(English, Chinese) with every ``{name}`` replaced by the argument of that name; thousands of numbers marked.

        The argument ``reason`` is a sentence of a fact: it loses its full stop, and is Chinese in the Chinese text.
        Raises KeyError when the arguments lack a name.
        """
        reason = sentences.text(str(arguments.get("reason", "")))
        english = {**arguments, "reason": reason.en.removesuffix(".")} if reason.en else arguments
        chinese = {**arguments, "reason": reason.zh.removesuffix("。")} if reason.en else arguments
        return (
            _PLACEHOLDER.sub(lambda match: _shown(english[match[1]]), self.en),
            _PLACEHOLDER.sub(lambda match: _shown(chinese[match[1]]), self.zh),
        )


def _shown(argument: object) -> str:
    return f"{argument:,}" if type(argument) is int else str(argument)


class Citation(_Model):
    """A legal source and how its text was checked."""

    law: Sentence
    law_zh: Sentence | None = None
    article: Sentence
    article_zh: Sentence | None = None
    status: Literal["text_read", "secondary", "unverified"]


class Rule(_Model):
    """One rule file.

    ``kind: facts``: ``population`` selects the subjects (``source_id``, ``dataset_id``, ``subject`` …) and
    ``violations`` those that do not pass: ``subject``, ``dataset_id``, ``outcome`` are needed; ``message`` (which entry
    of ``message``; the outcome when NULL), ``severity`` (the rule's own when NULL), ``column_id``, ``edge_id``,
    ``origin_column_id``, ``needs``, ``file`` and ``line`` are understood; every other field is an argument of the
    message. ``{population}`` in ``violations`` stands for the population. Both read the fact tables and those of
    ``derived.sql``.

    ``kind: consent``: ``population`` selects consent-based datasets; ``verdicts`` maps verdicts on rows to outcomes.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,10}-[0-9]{3,4}$")]
    title: Words
    concern: Literal[
        "data_ownership",
        "consumer_rights",
        "network_security",
        "market_power",
        "licensed_operation",
        "equal_treatment",
        "rectification",
    ]
    business_lines: Annotated[
        list[Literal["any", "payment", "microlending", "insurance", "wealth", "trust"]], Field(min_length=1)
    ]
    severity: Severity
    pack: Sentence
    in_force: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    citations: list[Citation]
    checks: Words
    remedy: Words
    blind_spots: Words
    kind: Literal["facts", "consent"]
    requires: list[Evidence]
    absorbs: list[str] = []
    """Rules whose findings on the same subject are the same fault: they fold into this rule's cause."""
    population: Sentence
    violations: Sentence | None = None
    verdicts: Mapping[str, Literal["fail", "unknown"]] | None = None
    message: Mapping[str, Words]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind == "facts" and self.violations is None:
            raise ValueError("a rule of kind facts needs 'violations'")
        if self.kind == "consent" and not self.verdicts:
            raise ValueError("a rule of kind consent needs 'verdicts'")
        if Outcome.FAIL not in self.message and self.kind == "consent":
            raise ValueError("'message' needs an entry 'fail'")
        return self


@dataclass(frozen=True, slots=True)
class LoadedRule:
    """A valid rule with the file it stands in and the file's digest."""

    rule: Rule
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of a run in the order of their ids, and a fault for everything that could not be loaded."""

    rules: tuple[LoadedRule, ...]
    faults: tuple[ConfigError, ...]

    def get(self, rule_id: str) -> LoadedRule | None:
        """The rule of that id, or None."""
        return next((loaded for loaded in self.rules if loaded.rule.id == rule_id), None)


def load_rules(packs: Sequence[str] = ("core",), ignore: Sequence[str] = (), *, base: Path | None = None) -> RuleSet:
    """Every rule of the packs but the ignored ones.

    A pack is the name of an installed one, or a folder of YAML files when it holds a ``/``, relative to ``base``.
    Nothing is raised: a pack or rule that is unknown or wrong is a fault of the set, and the rest still loads.
    """
    loaded: dict[str, LoadedRule] = {}
    faults: list[ConfigError] = []
    for pack in packs:
        try:
            for item in _pack(pack, base or Path()):
                if isinstance(item, ConfigError):
                    faults.append(item)
                elif item.rule.id in loaded:
                    first = loaded[item.rule.id].file
                    faults.append(ConfigError(f"The rule {item.rule.id} already stands in {first}.", file=item.file))
                else:
                    loaded[item.rule.id] = item
        except ConfigError as error:
            faults.append(error)
    known = ", ".join(sorted(loaded)) or "none"
    faults += [
        ConfigError(f"There is no rule {name!r} to ignore. Known: {known}.") for name in ignore if name not in loaded
    ]
    return RuleSet(tuple(loaded[name] for name in sorted(loaded) if name not in ignore), tuple(faults))


def _pack(pack: str, base: Path) -> Iterator[LoadedRule | ConfigError]:
    try:
        found = rulepacks.rule_files([pack], base=base)
    except PluginError as error:
        raise ConfigError(str(error)) from None
    for entry in found.values():
        try:
            with resources.as_file(entry) as path:
                yield read_rule(path, name=f"{pack.rstrip('/')}/{entry.name}")
        except ConfigError as error:
            yield error


def read_rule(path: Path, *, name: str) -> LoadedRule:
    """One rule file; raises ConfigError with file and line."""
    document = yamlfile.load(path, name=name)
    try:
        rule = Rule.model_validate(document.value)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
    else:
        if path.stem != rule.id:
            raise ConfigError(f"The file of the rule {rule.id} must be called {rule.id}.yaml.", file=name, line=1)
        return LoadedRule(rule, name, hashlib.sha256(path.read_bytes()).hexdigest())
    steps = tuple(fault["loc"])
    where = ".".join(str(step) for step in steps) or "the rule"
    match fault["type"]:
        case "extra_forbidden":
            message = f"A rule has no key {where!r}."
        case "missing":
            message = f"The rule lacks {where!r}."
        case _:
            message = f"{where!r} is wrong: {fault['msg'].removeprefix('Value error, ').rstrip('.').lower()}."
    raise ConfigError(message, file=name, line=document.line(*steps))

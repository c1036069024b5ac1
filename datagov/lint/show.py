"""Findings of a lint for people and programs: one line each on a terminal, or one JSON document."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from datagov.lineage.unread import is_partial, sources, total
from datagov.lint import sentences
from datagov.lint.run import Lint
from datagov.model import Severity
from datagov.plural import counted
from datagov.vocabulary import terms

VERSION = 1
"""Version of the JSON document; changes when a field is removed or changes meaning."""

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]")
_WORDS = {
    "en": {
        "files": "{n_files}: {counters}; {lost_files} not read.",
        "counters": "{parsed_statements} parsed, {opaque} opaque, {failed} failed, {unsupported} unsupported;"
        " {unresolved_names} unresolved",
        "source": "source {source}: {counters}",
        "none": "No finding.",
        "some": "{n_findings}: {by}.",
        "against": "Against run {run}: {least}{opened_flows} opened, {closed} closed.",
        "least": "at least ",
    },
    "zh": {
        "files": "{n} 个文件：{counters}；{lost} 个文件未读取。",
        "counters": "{parsed} 条语句已解析，{opaque} 条无法看透，{failed} 条失败，{unsupported} 条尚不支持；"
        "{unresolved} 个名称未解析",
        "source": "数据源 {source}：{counters}",
        "none": "没有发现。",
        "some": "{n} 项发现：{by}。",
        "against": "与运行 {run} 相比：{least}新增 {opened} 条流向，关闭 {closed} 条。",
        "least": "至少",
    },
}


_COUNTED = {
    "n_files": ("n", "file"),
    "lost_files": ("lost", "file"),
    "parsed_statements": ("parsed", "statement"),
    "unresolved_names": ("unresolved", "name"),
    "n_findings": ("n", "finding"),
    "opened_flows": ("opened", "flow"),
}
"""Numbers that stand with a word in English: of which value, and the word."""


def _said(template: str, values: Mapping[str, Any]) -> str:
    words = {key: counted(values[of], word) for key, (of, word) in _COUNTED.items() if of in values}
    return template.format_map({**values, **words})


def inert(text: str) -> str:
    """One line in which control, direction and invisible characters are shown by their code."""
    return _UNSAFE.sub(lambda match: f"\\u{{{ord(match.group()):X}}}", text)


def text(lint: Lint, language: str) -> str:
    """Findings as ``file:line: severity RULE sentence``, then the counters."""
    name, words = terms.load().name, _WORDS[language]
    lines = []
    for one in lint.findings:
        message = one.message.of(language)
        severity = name("severity", one.severity.value, language)
        lines.append(inert(f"{one.file}:{one.line}: {severity} {one.rule} {message}"))
    lines += [
        inert(f"{file['file']}: {_said(words['counters'], file)}")
        for file in lint.files
        if file["read"] and is_partial(file)
    ]
    by_source = sources(lint.files)
    if len(by_source) > 1:
        lines += [
            inert(words["source"].format(source=one["source"], counters=_said(words["counters"], one)))
            for one in by_source
        ]
    total_of_all = totals(lint)
    numbers = {"n": len(lint.files), "counters": _said(words["counters"], total_of_all), "lost": total_of_all["lost"]}
    lines.append(_said(words["files"], numbers))
    if lint.against is not None:
        least = words["least"] if lint.at_least else ""
        lines.append(inert(_said(words["against"], {**lint.against, "least": least})))
        lines += caveats(lint, language)
    by = [
        f"{sum(one.severity is severity for one in lint.findings)} {name('severity', severity.value, language)}"
        for severity in Severity
        if any(one.severity is severity for one in lint.findings)
    ]
    lines.append(_said(words["some"], {"n": len(lint.findings), "by": ", ".join(by)}) if by else words["none"])
    return "\n".join(lines) + "\n"


def caveats(lint: Lint, language: str) -> list[str]:
    """What is to be known of the run that was compared with, one sentence each."""
    if lint.against is None:
        return []
    return [inert(sentence) for _, sentence in sentences.of_run(lint.against, language)]


def totals(lint: Lint) -> dict[str, int]:
    """The counters of all files, and how many files were not read."""
    return {**total(lint.files), "lost": sum(not file["read"] for file in lint.files)}


def as_json(lint: Lint) -> str:
    """The whole lint as one JSON document, every sentence in both languages."""
    document: dict[str, Any] = {
        "version": VERSION,
        "exit": int(lint.exit),
        "at_least": lint.at_least,
        "against": lint.against,
        "totals": totals(lint),
        "sources": sources(lint.files),
        "files": list(lint.files),
        "findings": [
            {
                "rule": one.rule,
                "severity": one.severity.value,
                "file": one.file,
                "line": one.line,
                "subject": one.subject,
                "message": {"en": one.message.en, "zh": one.message.zh},
                "fingerprint": one.fingerprint,
                "arguments": dict(one.arguments),
            }
            for one in lint.findings
        ],
    }
    return json.dumps(document, ensure_ascii=True, indent=1, allow_nan=False) + "\n"

"""``datagov explain``: one rule, in words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click

from datagov.errors import UsageError

_LABELS = {
    "en": ("Concern", "Severity", "What is checked", "What it cannot see", "What to do", "Law", "Evidence needed"),
    "zh": ("关切", "严重程度", "检查内容", "盲区", "整改建议", "法律依据", "所需证据"),
}
_STATUS = {
    "text_read": {"en": "official text read", "zh": "已核对官方文本"},
    "secondary": {"en": "from a secondary source, not verified", "zh": "来自二手资料，未核对"},
    "unverified": {"en": "not verified", "zh": "未核对"},
}


@click.command("explain")
@click.argument("rule")
@click.option(
    "--pack", "packs", multiple=True, default=("core",), show_default=True, help="Rule pack: a name, or a folder."
)
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True)
def command(rule: str, *, packs: tuple[str, ...], lang: str) -> int:
    """Explain RULE: what it checks, on which law it rests, what it cannot see, what to do."""
    from datagov import lint
    from datagov.rulepacks import documents
    from datagov.vocabulary import terms

    name = terms.load().name

    known = {document["id"]: document for document in documents(packs, base=Path())} | lint.rules()
    found = known.get(rule.upper())
    if found is None:
        raise UsageError(f"No rule is called {rule!r}. Installed: {', '.join(known)}.")
    concern, severity, checks, blind, remedy, law, needs = _LABELS[lang]
    click.echo(f"{found['id']}  {found['title'][lang]}\n")
    grave = name("severity", found["severity"], lang)
    click.echo(f"{concern}: {name('concern', found['concern'], lang)}   {severity}: {grave}")
    click.echo(f"{needs}: {', '.join(name('register', kind, lang) for kind in found['requires']) or '-'}\n")
    for label, key in ((checks, "checks"), (remedy, "remedy"), (blind, "blind_spots")):
        click.echo(f"{label}\n  {found[key][lang].strip()}\n")
    if found["citations"]:
        click.echo(law)
    for citation in found["citations"]:
        in_language = partial(_cited, citation, lang)
        status = _STATUS[citation["status"]][lang]
        click.echo(f"  {in_language('law')} {in_language('article')} ({status})".replace("  (", " ("))
    return 0


def _cited(citation: Mapping[str, Any], language: str, part: str) -> str:
    """The law or article of a citation in a language, in English where it has no Chinese."""
    chinese = citation.get(f"{part}_zh") if language == "zh" else None
    return str(chinese or citation.get(part) or "")

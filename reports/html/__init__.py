"""The report as one offline HTML file: overview and navigation ready to paint, everything else packed behind it.

Nothing in the file comes from elsewhere and nothing leaves it: the content-security policy allows the one style
and the one script by their digest and no host at all. Script and style are the files beside this one.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from datagov.reports.html.overview import overview
from datagov.reports.html.payload import payload
from datagov.reports.summary import summarise
from datagov.store import Evidence
from datagov.vocabulary import terms

SCRIPTS = ("base.js", "model.js", "table.js", "sql.js", "layout.js", "lineage.js", "findings.js", "pages.js", "main.js")
"""Files of the script, in the order they are joined."""

PAGES = (
    "overview",
    "findings",
    "inventory",
    "lineage",
    "consent",
    "ownership",
    "record",
    "coverage",
    "evidence",
    "terms",
)
"""Pages in the order of the navigation; each has the words ``tab.<page>`` and ``lead.<page>``."""


def render(evidence: Evidence, *, language: str) -> bytes:
    """The page as UTF-8; see :class:`datagov.contracts.Report`. ``language`` is the one it opens in."""
    summary = summarise(evidence)
    style = _asset("report.css")
    boot = _asset("boot.js")
    script = '(() => {\n"use strict";\n' + "\n".join(_asset(name) for name in SCRIPTS) + "})();\n"
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page = environment.from_string(_asset("page.html")).render(
        language=language,
        pages=PAGES,
        policy="; ".join(
            (
                "default-src 'none'",
                f"script-src 'sha256-{_digest(boot)}' 'sha256-{_digest(script)}'",
                f"style-src 'sha256-{_digest(style)}'",
                "base-uri 'none'",
                "form-action 'none'",
            )
        ),
        style=Markup(style),  # noqa: S704 - our own file, not data
        boot=Markup(boot),  # noqa: S704 - our own file, not data
        script=Markup(script),  # noqa: S704 - our own file, not data
        data=pack(payload(evidence, summary)),
        words=terms.load().words,
        view=overview(evidence, summary),
    )
    return page.encode()


def pack(document: object) -> str:
    """JSON, gzip without a time, base64: letters that mean nothing to HTML."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    squeeze = zlib.compressobj(9, wbits=31)
    return base64.b64encode(squeeze.compress(text.encode()) + squeeze.flush()).decode("ascii")


def _asset(name: str) -> str:
    return files("datagov.reports.html").joinpath(name).read_text("utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")

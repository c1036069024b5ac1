"""The Chinese of the sentences that facts hold in English: ``sentences.json``, by the English sentence itself.

A sentence may have parts in braces, which stand for names and numbers; a part called ``{reason}`` is a sentence again.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files

from datagov.model import Text

_PART = re.compile(r"\{([a-z_]+)\}")


def text(sentence: str) -> Text:
    """A sentence of a fact in both languages; one that the table lacks stays English.

    >>> text("CALL runs code that cannot be seen here; what it moves is not known.").zh
    'CALL 运行的代码在此处不可见，无法得知它移动了哪些数据。'
    """
    whole, patterns = _table()
    if sentence in whole:
        return Text(sentence, whole[sentence])
    for pattern, chinese in patterns:
        if match := pattern.fullmatch(sentence):
            parts = match.groupdict()
            if "reason" in parts:
                parts["reason"] = text(parts["reason"]).zh
            return Text(sentence, chinese.format_map(parts))
    return Text(sentence, sentence)


@cache
def _table() -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    raw: dict[str, str] = json.loads(files("datagov.vocabulary").joinpath("sentences.json").read_text("utf-8"))
    whole = {english: chinese for english, chinese in raw.items() if not _PART.search(english)}
    patterns = [(_pattern(english), chinese) for english, chinese in raw.items() if english not in whole]
    return whole, patterns


def _pattern(english: str) -> re.Pattern[str]:
    pieces = _PART.split(english)
    return re.compile("".join(f"(?P<{p}>.+?)" if n % 2 else re.escape(p) for n, p in enumerate(pieces)), re.DOTALL)

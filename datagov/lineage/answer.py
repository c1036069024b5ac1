"""What reading a statement from its words can answer."""

from __future__ import annotations

from sqlglot.tokenizer_core import Token

Answer = bool | Token | tuple[Token, ...] | list[Token] | None
"""None: not one of these. True: read. A token, or several: the script is the text in it. A list: these tokens
are a statement.
"""

"""How ClickHouse spells identifiers and text: quotes around them, and a backslash before what would end them."""

from __future__ import annotations


def quote(name: str) -> str:
    r"""An identifier quoted for ClickHouse.

    >>> quote("a`b\\c")
    '`a\\`b\\\\c`'
    """
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def literal(text: str) -> str:
    r"""Text as a constant of ClickHouse.

    >>> literal("it's")
    "'it\\'s'"
    """
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def listed(texts: list[str] | tuple[str, ...]) -> str:
    """Texts as constants separated by commas, for ``IN (…)``."""
    return ", ".join(literal(text) for text in texts)


def pieces(text: str, separator: str = ",") -> list[str]:
    """A text cut at a separator that stands outside of quotes and brackets, blanks around the pieces dropped.

    >>> pieces("a Array(Tuple(x Int8, y Int8)), `b,c` Enum8('(' = 1, ',' = 2)")
    ['a Array(Tuple(x Int8, y Int8))', "`b,c` Enum8('(' = 1, ',' = 2)"]
    """
    found, depth, quoted, start, at = [], 0, "", 0, 0
    while at < len(text):
        one = text[at]
        if quoted:
            if one == "\\":
                at += 1
            elif one == quoted:
                quoted = ""
        elif one in "'`\"":
            quoted = one
        elif one in "([":
            depth += 1
        elif one in ")]":
            depth -= 1
        elif one == separator and depth == 0:
            found.append(text[start:at].strip())
            start = at + 1
        at += 1
    found.append(text[start:].strip())
    return [piece for piece in found if piece]


def plain(name: str) -> str:
    r"""An identifier without its quotes, if it has some.

    >>> plain("`a\\`b`"), plain("a")
    ('a`b', 'a')
    """
    if len(name) < 2 or name[0] not in "`\"'" or name[-1] != name[0]:
        return name
    inside, made, at = name[1:-1], [], 0
    while at < len(inside):
        at += inside[at] == "\\" and at + 1 < len(inside)
        made.append(inside[at])
        at += 1
    return "".join(made)

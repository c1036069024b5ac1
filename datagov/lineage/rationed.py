"""A sandbox for templates with a budget of work: loops, calls, filters, texts and numbers are charged for.

Jinja's own sandbox keeps a template from what lies outside it, not from counting for ever or filling the memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from typing import Any

from jinja2 import TemplateRuntimeError, nodes
from jinja2.sandbox import SandboxedEnvironment
from jinja2.visitor import NodeTransformer

from datagov.lineage.words import words

BUDGET = 10_000_000
"""What one rendering may cost: an item that is looked at 1, a character that is yielded 4, a step of a loop 10. A model
with a hundred columns in a loop costs some 50,000; the whole budget is spent in about two seconds.
"""
_STEP = 10
_SIGN = 4
_LONGEST = 10_000
"""A longer range, a wider text and more repetitions have no place in SQL."""
_BITS = 4_096
_WIDEST = 999
"""Places that a value may be filled up to."""
_WIDE = re.compile(r"[%{][^%{}]*(?:[0-9]{4}|\*)|\{[^{}]*\{")
_SPREADS = frozenset(
    {"center", "ljust", "rjust", "zfill", "expandtabs", "indent", "wordwrap", "batch", "slice", "tojson"}
)
"""Filters and methods that fill up to the number they are given."""
_GLANCES = words(
    """
    length count first last default d attr defined undefined none string number mapping iterable sequence boolean
    callable integer float sameas true false odd even filter
    """
)
"""Filters and tests that look at no more than one item."""


class SpentError(TemplateRuntimeError):
    """The template costs more than its budget."""


class Rationed(SandboxedEnvironment):
    """Jinja's sandbox with a budget; an environment renders one template, once."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "**", "%"})

    def __init__(self, **options: Any) -> None:
        super().__init__(finalize=self._shown, **options)
        self.left = BUDGET
        self.globals.pop("lipsum", None)  # text by chance, as much as one asks for
        self.globals["range"] = self._range
        held: Any
        for held in (self.filters, self.tests):
            held.update({name: self._charged(name, made) for name, made in held.items()})
        self.filters.update(_looped=self._looped, _joined=self._joined, _weighed=self._weighed)

    def text_of(self, template: str, names: Mapping[str, Any]) -> str:
        """What the template yields with these names. Raises SpentError, and what Jinja raises."""
        tree = _Charged().visit(self.parse(template))
        return self.from_string(tree.set_environment(self)).render(names)

    def spend(self, cost: int) -> None:
        """Take ``cost`` off the budget; raises SpentError when it is gone."""
        self.left -= cost
        if self.left < 0:
            raise SpentError("The template does more work than one that makes SQL needs.")

    def call(self, context: Any, obj: Any, /, *given: Any, **named: Any) -> Any:
        """Call what the sandbox lets be called, and charge for what it is given and what it yields."""
        method = getattr(obj, "__wrapped__", obj)
        owner = getattr(method, "__self__", None)
        self.spend(_STEP)
        if isinstance(owner, str):
            self._check(getattr(method, "__name__", ""), owner, (*given, *named.values()))
        else:
            self._weighed((given, named))
        return self._yielded(super().call(context, obj, *given, **named))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Do arithmetic whose result is no larger than SQL needs."""
        if isinstance(left, (str, list, tuple)) or isinstance(right, (str, list, tuple)):
            times = [value for value in (left, right) if isinstance(value, int)]
            if operator == "*" and times and times[0] > 1:
                self.spend(times[0] * sum(len(value) for value in (left, right) if not isinstance(value, int)))
            if operator == "+":
                self._weighed((left, right))
            else:
                self._check("format" if operator == "%" else "", left, (right,))
                self._weighed(right)
        elif isinstance(left, int) and isinstance(right, int):
            bits = left.bit_length() * max(right, 1) if operator == "**" else left.bit_length() + right.bit_length()
            self.spend(1 if bits <= _BITS else BUDGET + 1)
        return super().call_binop(context, operator, left, right)

    def _check(self, name: str, value: Any, given: tuple[Any, ...]) -> None:
        """Charge for what the method or filter ``name`` of ``value`` works on: at worst, each text in each place."""
        self._weighed((value, given))
        size = len(value) if isinstance(value, (str, list, tuple, dict, range)) else 1
        longest = max((len(item) for item in given if isinstance(item, (str, list, tuple))), default=0)
        self.spend(size * longest // 4)
        if name in _SPREADS and any(isinstance(item, int) and item > _WIDEST for item in given):
            self.spend(BUDGET + 1)
        if name == "sum" and isinstance(value, (list, tuple)) and any(isinstance(v, (str, list, tuple)) for v in value):
            self.spend(BUDGET + 1)
        if name.startswith("format") and isinstance(value, str) and _WIDE.search(value):
            self.spend(BUDGET + 1)

    def _yielded(self, result: Any) -> Any:
        if isinstance(result, (str, list, tuple, dict)):
            self.spend(len(result))
        return result

    def _weighed(self, value: Any) -> Any:
        """Charge for a value with all it holds: a list that holds another one twice is as large as it reads."""
        waiting = [value]
        while waiting:
            part = waiting.pop()
            if isinstance(part, str):
                self.spend(1 + len(part) // 64)
            elif isinstance(part, Mapping):
                self.spend(1 + len(part))
                waiting += [*part.keys(), *part.values()]
            elif isinstance(part, (list, tuple, set, frozenset, range)):
                self.spend(1 + len(part))
                waiting += part if not isinstance(part, range) else ()
            else:
                self.spend(1)
        return value

    def _shown(self, value: Any) -> str:
        text = value if isinstance(value, str) else str(self._weighed(value))
        self.spend(_STEP + _SIGN * len(text))
        return text

    def _joined(self, parts: list[Any]) -> str:
        return "".join(map(self._shown, parts))

    def _range(self, *given: int) -> range:
        made = range(*given)
        self.spend(1 if len(made) <= _LONGEST else BUDGET + 1)
        return made

    def _looped(self, items: Any, text: int) -> Any:
        """The items of a loop, each charged for with the ``text`` characters that stand in the loop's body."""
        if hasattr(items, "__len__"):
            self.spend(len(items) * (_STEP + _SIGN * text))
            return items
        return self._one_by_one(items, text)

    def _one_by_one(self, items: Iterable[Any], text: int) -> Iterator[Any]:
        for item in items:
            self.spend(_STEP + _SIGN * text)
            yield item

    def _charged(self, name: str, made: Callable[..., Any]) -> Callable[..., Any]:
        """A filter or a test that charges for what it is given and for what it yields."""
        if name in _GLANCES:
            return made
        first = int(hasattr(made, "jinja_pass_arg"))

        @wraps(made)
        def charged(*given: Any, **named: Any) -> Any:
            if len(given) > first:
                self._check(name, given[first], (*given[first + 1 :], *named.values()))
            return self._yielded(made(*given, **named))

        return charged


class _Charged(NodeTransformer):
    """A template's tree whose loops, joined texts and comparisons ask the budget first."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802  # called by the name of the class
        text = sum(len(data.data) for part in node.body for data in part.find_all(nodes.TemplateData))
        self.generic_visit(node)
        node.iter = _filtered(node.iter, "_looped", nodes.Const(text))
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802  # called by the name of the class
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), "_joined")

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802  # called by the name of the class
        self.generic_visit(node)
        node.expr = _filtered(node.expr, "_weighed")
        for operand in node.ops:
            operand.expr = _filtered(operand.expr, "_weighed")
        return node


def _filtered(node: Any, name: str, *given: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, list(given), [], None, None, lineno=node.lineno)

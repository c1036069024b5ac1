"""The assets of a Dagster project, read from the syntax trees of its files; nothing of it is imported or run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from datagov.connectors._dagster_names import Key
from datagov.connectors._notebook_code import Run, State
from datagov.connectors._python_text import Strings
from datagov.connectors._python_tree import below

_DECORATORS = frozenset({"asset", "graph_asset"})
_NO_INPUTS = frozenset({"self", "context", "config", "_"})
_NO_ASSET = re.compile(r"(Resource|Config|Client|Context|Param|Connection|Manager)\b(?!\.)")
"""Ends of annotations of arguments that are resources, or settings of a run, by Dagster's own way of naming them."""
_DEFAULT_GROUP = "default"


@dataclass(frozen=True, slots=True)
class Asset:
    """An asset: its key, its upstream keys, what its definition says; ``unread`` are parts that a run would tell."""

    key: Key
    line: int
    group: str
    deps: tuple[Key, ...] = ()
    owners: tuple[str, ...] = ()
    cron: str | None = None
    table: str | None = None
    runs: tuple[Run, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Module:
    """One file of a project. Raises SyntaxError, RecursionError or ValueError for what is no Python."""

    tree: ast.Module
    strings: Strings
    elsewhere: Mapping[str, frozenset[Key]] = field(default_factory=dict)
    """Names of the whole project with the keys of the assets that are called so: arguments need not be imported."""

    @classmethod
    def of(cls, source: str) -> Module:
        """The module of a text."""
        tree = ast.parse(source)
        return cls(tree, Strings(below(tree)))

    def names(self) -> Iterator[tuple[str, Key]]:
        """Names of functions and of variables that are assets, with their keys."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found = _decorated(node, _DECORATORS)
                key = self._key(found[1], node.name) if found else ()
                yield from [(node.name, key)] if key else []
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and _is_spec(node.value):
                key = self._of_expression(node.value, {})
                yield from [(node.targets[0].id, key)] if key else []

    def assets(self, known: Mapping[str, Key], state: State) -> Iterator[Asset]:
        """The assets in the order of the text; ``known`` are the names of assets that the module can use."""
        inside: set[ast.AST] = set()
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if found := _decorated(node, _DECORATORS):
                call, given = found
                inside |= set(ast.walk(node))
                yield self._asset(node, call, given, known, state)
            elif found := _decorated(node, frozenset({"multi_asset"})):
                inside |= set(ast.walk(node))
                yield from self._several(node, found[1], known, state)
        for node in ast.walk(self.tree):
            specified = isinstance(node, ast.Call) and node not in inside and _last(node.func) == "AssetSpec"
            if specified and (spec := self._spec(node, known, ())):  # type: ignore[arg-type]  # just seen to be a Call
                yield spec

    def _asset(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        place: ast.AST,
        given: Mapping[str, ast.expr],
        known: Mapping[str, Key],
        state: State,
    ) -> Asset:
        key = self._key(given, node.name)
        unread = [] if key else ["key"]
        deps, lost = self._deps(given.get("deps"), known)
        unread += ["deps"] if lost else []
        ins = self._strings_of(given.get("ins"))
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            name = argument.arg
            told = ins.get(name)
            inner = _keywords(told) if isinstance(told, ast.Call) else {}
            if "key" in inner:
                deps += [found] if (found := self._of_expression(inner["key"], known)) else []
            elif name in known and name not in _NO_INPUTS:
                deps.append(known[name])
            elif "key_prefix" in inner:
                deps.append((*self._prefix(inner["key_prefix"]), name))
            elif name not in _NO_INPUTS and not _NO_ASSET.search(ast.unparse(argument.annotation or argument)):
                key_of = self._argument(name)
                deps += [key_of] if key_of else []
                unread += [] if key_of or "deps" in unread else ["deps"]
        return self._made(key or (node.name,), node.lineno, given, deps, tuple(state.below(node, self.strings)), unread)

    def _argument(self, name: str) -> Key:
        """The key that an argument means by its name; empty when several assets are called so."""
        keys = self.elsewhere.get(name, frozenset())
        if (name,) in keys or not keys:
            return (name,)
        return next(iter(keys)) if len(keys) == 1 else ()

    def _several(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        given: Mapping[str, ast.expr],
        known: Mapping[str, Key],
        state: State,
    ) -> Iterator[Asset]:
        """The specs of a multi_asset; its SQL counts once, with the first of them."""
        runs = tuple(state.below(node, self.strings))
        specs = given.get("specs")
        for spec in specs.elts if isinstance(specs, ast.List | ast.Tuple) else ():
            if isinstance(spec, ast.Call) and (found := self._spec(spec, known, runs)):
                yield found
                runs = ()
        for name, out in self._strings_of(given.get("outs")).items():
            said = _keywords(out) if isinstance(out, ast.Call) else {}
            prefix = self._prefix(said.get("key_prefix"))
            yield self._made((*prefix, name), node.lineno, said, [], runs, [])
            runs = ()

    def _spec(self, call: ast.Call, known: Mapping[str, Key], runs: tuple[Run, ...]) -> Asset | None:
        given = _keywords(call)
        key = self._of_expression(call, known)
        deps, lost = self._deps(given.get("deps"), known)
        return self._made(key, call.lineno, given, deps, runs, ["deps"] if lost else []) if key else None

    def _made(
        self,
        key: Key,
        line: int,
        given: Mapping[str, ast.expr],
        deps: Sequence[Key],
        runs: tuple[Run, ...],
        unread: list[str],
    ) -> Asset:
        owners, lost = self._texts(given.get("owners"))
        metadata = self._strings_of(given.get("metadata"))
        table = metadata.get("dagster/table_name")
        group = given.get("group_name")
        return Asset(
            key,
            line,
            (self.strings.known(group) if group is not None else None) or _DEFAULT_GROUP,
            tuple(dict.fromkeys(dep for dep in deps if dep != key)),
            tuple(owners),
            self._cron(given),
            self.strings.known(table) if table is not None else None,
            runs,
            (*unread, *(["owners"] if lost else [])),
        )

    def _cron(self, given: Mapping[str, ast.expr]) -> str | None:
        """``AutomationCondition.on_cron("@daily")``, or the cron_schedule of an older policy."""
        for name in ("automation_condition", "auto_materialize_policy", "freshness_policy"):
            for node in ast.walk(given[name]) if name in given else ():
                if isinstance(node, ast.Call) and _last(node.func) in ("on_cron", "cron", "FreshnessPolicy"):
                    told = _keywords(node).get("cron_schedule") or next(iter(node.args), None)
                    return self.strings.known(told) if told is not None else None
        return None

    def _key(self, given: Mapping[str, ast.expr], function: str) -> Key:
        """The key of a decorated function; empty when only a run would tell."""
        if "key" in given:
            return self._of_expression(given["key"], {})
        name = self.strings.known(given["name"]) if "name" in given else function
        prefix = self._prefix(given.get("key_prefix"))
        lost = name is None or ("key_prefix" in given and not prefix)
        return () if lost or name is None else (*prefix, name)

    def _prefix(self, node: ast.expr | None) -> Key:
        node = self.strings.assigned(node)
        if node is None:
            return ()
        if isinstance(node, ast.List | ast.Tuple):
            parts = [self.strings.known(one) for one in node.elts]
            return tuple(part for part in parts if part) if all(parts) else ()
        text = self.strings.known(node)
        return (text,) if text else ()

    def _of_expression(self, node: ast.expr, known: Mapping[str, Key]) -> Key:
        """The key that an expression in ``deps`` or ``key`` means; empty when only a run would tell."""
        match node:
            case ast.Name(id=name) if name in known:
                return known[name]
            case ast.Attribute() if (dotted := _dotted(node)) in known:
                return known[dotted]
            case ast.List() | ast.Tuple():
                return self._prefix(node)
            case ast.Call(func=func, args=args) if _last(func) in ("AssetKey", "AssetSpec", "AssetDep", "SourceAsset"):
                given = _keywords(node)
                inner = next((given[name] for name in ("key", "asset", "path") if name in given), None)
                inner = inner if inner is not None else next(iter(args), None)
                key = () if inner is None else self._of_expression(inner, known)
                return (*self._prefix(given.get("key_prefix")), *key) if key else ()
        text = self.strings.known(node)
        return (text,) if text else ()

    def _deps(self, node: ast.expr | None, known: Mapping[str, Key]) -> tuple[list[Key], bool]:
        """(keys, whether some are not known)."""
        node = self.strings.assigned(node)
        if node is None:
            return [], False
        if not isinstance(node, ast.List | ast.Tuple | ast.Set):
            return [], True
        keys = [self._of_expression(one, known) for one in node.elts]
        return [key for key in keys if key], not all(keys)

    def _texts(self, node: ast.expr | None) -> tuple[list[str], bool]:
        node = self.strings.assigned(node)
        if node is None:
            return [], False
        if not isinstance(node, ast.List | ast.Tuple | ast.Set):
            return [], True
        texts = [self.strings.known(one) for one in node.elts]
        return [text for text in texts if text], not all(texts)

    def _strings_of(self, node: ast.expr | None) -> Mapping[str, ast.expr]:
        return self.strings.mapping(node)


def _decorated(
    node: ast.FunctionDef | ast.AsyncFunctionDef, names: frozenset[str]
) -> tuple[ast.AST, Mapping[str, ast.expr]] | None:
    """The decorator of a function that is called so, with its arguments."""
    for one in node.decorator_list:
        func = one.func if isinstance(one, ast.Call) else one
        if _last(func) in names:
            return one, _keywords(one) if isinstance(one, ast.Call) else {}
    return None


def _keywords(call: ast.Call) -> dict[str, ast.expr]:
    return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}


def _is_spec(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _last(node.func) in ("AssetSpec", "AssetKey", "SourceAsset")


def _last(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def _dotted(node: ast.expr) -> str:
    """``a.b.c`` of names and attributes; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""

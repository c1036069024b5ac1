"""The house keeps its shape: who may import whom, where big libraries live, and that links and packaging agree."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADAPTERS = ("connectors", "expectations", "reports")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

HOMES = {
    "sqlglot": ("datagov/lineage/",),
    "presidio_analyzer": ("datagov/detect/",),
    "stdnum": ("datagov/detect/",),
    "phonenumbers": ("datagov/detect/",),
    "great_expectations": ("expectations/_gx.py", "expectations/_gx/"),
    "pebble": ("datagov/engine/",),
    "click": ("datagov/cli.py", "datagov/commands/"),
    "deltalake": ("connectors/_delta_table.py",),
    "pyiceberg": ("connectors/_iceberg_",),
    "pandas": (),
    "spacy": ("datagov/detect/",),
}
"""Each big library and the only places that may import it."""


def modules() -> list[Path]:
    folders = [ROOT / "datagov", *(ROOT / name for name in ADAPTERS)]
    return [
        path
        for folder in folders
        for path in sorted(folder.rglob("*.py"))
        if not any(part.is_symlink() for part in path.parents) and "platform" not in path.parts
    ]


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_the_core_never_imports_an_adapter_and_adapters_never_import_each_other(path: Path) -> None:
    own = path.relative_to(ROOT).parts[0]
    foreign = [f"datagov.{name}" for name in ADAPTERS if name != own]

    wrong = [name for name in imports(path) if any(name == f or name.startswith(f"{f}.") for f in foreign)]

    assert wrong == []


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_a_big_library_is_imported_in_its_home_only(path: Path) -> None:
    wrong = {
        library
        for name in imports(path)
        for library, homes in HOMES.items()
        if name.partition(".")[0] == library and not shown(path).startswith(tuple(homes) or ("nowhere",))
    }

    assert wrong == set()


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_every_module_says_in_its_first_line_what_it_is_for(path: Path) -> None:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))

    assert text and len(text.splitlines()[0]) > 10


@pytest.mark.parametrize("name", ADAPTERS)
def test_the_links_show_the_same_picture_as_the_packaging(name: str) -> None:
    link = ROOT / "datagov" / name
    mapping = PYPROJECT["tool"]["setuptools"]["package-dir"]

    assert link.is_symlink()
    assert link.resolve() == (ROOT / name).resolve()
    assert mapping[f"datagov.{name}"] == name


def test_every_package_of_the_tree_is_packaged_and_nothing_else() -> None:
    listed = set(PYPROJECT["tool"]["setuptools"]["packages"])
    present = {"datagov"}
    for path in modules():
        parts = path.relative_to(ROOT).parts
        if path.name == "__init__.py":
            dotted = ".".join(parts[:-1])
            present.add(dotted if dotted.startswith("datagov") else f"datagov.{dotted}")

    assert listed == present


def test_every_entry_point_of_ours_loads() -> None:
    from datagov import plugins

    groups = PYPROJECT["project"]["entry-points"]
    loaded = {(group, name): plugins.load(group, name) for group, names in groups.items() for name in names}

    assert all(loaded.values())


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_importing_datagov_imports_none_of_the_big_libraries() -> None:
    heavy = (
        "pyarrow numpy sqlglot presidio_analyzer great_expectations spacy pandas pydantic yaml sqlalchemy click rich"
    )

    loaded = run_python(f"import sys, datagov; print([m for m in '{heavy}'.split() if m in sys.modules])")

    assert loaded == "[]"


def test_the_supervisor_imports_neither_great_expectations_nor_presidio_nor_sqlglot() -> None:
    heavy = "sqlglot presidio_analyzer great_expectations spacy pandas sqlalchemy"

    loaded = run_python(f"import sys, datagov.audit; print([m for m in '{heavy}'.split() if m in sys.modules])")

    assert loaded == "[]"


def test_the_public_names_are_those_in_all() -> None:
    names = run_python("import datagov; print(sorted(datagov.__all__), datagov.run.__module__)")

    assert names == "['Audit', '__version__', 'run'] datagov.audit"

"""The ``detection:`` section of datagov.yaml: checked with file and line, shipped to workers, built there."""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datagov.detect import corrections, custom, lexicon
from datagov.detect.guarded import guarded
from datagov.errors import ConfigError
from datagov.vocabulary.categories import all_categories

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer

    from datagov.config import Config
    from datagov.detect import ColumnClassifier
    from datagov.detect.corrections import Corrections


@dataclass(frozen=True, slots=True)
class Given:
    """A file or class as the configuration names it, and the line where it does."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user adds to detection; picklable and hashable, so that a worker builds its classifier once.

    ``files`` and ``code`` are recognisers (Presidio's YAML; ``module:Class``), ``nlp`` is Presidio's NLP configuration
    as JSON. Relative paths start at ``base``, where modules are looked for too; ``file`` is the configuration's name.
    """

    base: Path
    file: str
    files: tuple[Given, ...] = ()
    code: tuple[Given, ...] = ()
    words: tuple[Given, ...] = ()
    nlp: Given | None = None
    decisions: Given | None = None
    stability: bool = True

    @property
    def runs_code(self) -> bool:
        """Whether only a worker can tell that these settings are right: user's code or a trained engine is in them."""
        return bool(self.code or self.nlp)


def of(config: Config) -> Settings:
    """The settings of a configuration, nothing of them read yet."""
    given, document = config.model.detection, config.document

    def placed(key: str, names: tuple[str, ...] | list[str]) -> list[Given]:
        return [Given(name, document.line("detection", key, n)) for n, name in enumerate(names)]

    recognisers = placed("recognisers", given.recognisers)
    coded = [one for one in recognisers if _is_code(one.text)]
    nlp = None if given.nlp is None else json.dumps(given.nlp, sort_keys=True, ensure_ascii=False)
    return Settings(
        base=config.base,
        file=document.file,
        files=tuple(one for one in recognisers if one not in coded),
        code=tuple(coded),
        words=tuple(placed("words", given.words)),
        nlp=None if nlp is None else Given(nlp, document.line("detection", "nlp")),
        decisions=None
        if given.corrections is None
        else Given(given.corrections, document.line("detection", "corrections")),
        stability=given.stability,
    )


def check(settings: Settings) -> None:
    """Read every file that the settings name; no code of the user is run. Raises ConfigError with file and line."""
    for given in (*settings.files, *settings.words, *([settings.decisions] if settings.decisions else [])):
        if not (settings.base / given.text).is_file():
            raise ConfigError(
                f"There is no file {given.text!r}; paths start at the folder of this file.",
                file=settings.file,
                line=given.line,
            )
    with _named_from(settings.base):
        own = custom.load(settings.base / given.text for given in settings.files)
        entities = {row.entity for row in own.rows}
        if not settings.code:
            _check_entities(settings, entities)


def check_code(settings: Settings) -> bytes:
    """Worker: what :func:`check` cannot tell without running code of the user or loading a trained engine."""
    built = _build(settings, 0)
    with _named_from(settings.base):
        _check_entities(settings, built.entities)
    if settings.nlp is not None:
        with _placed_at(settings, settings.nlp):
            built.recognise("")
    return b""


def classifier(settings: Settings, seed: int) -> ColumnClassifier:
    """The classifier that the settings describe. Raises ConfigError with file and line."""
    return _build(settings, seed)


def decisions(settings: Settings, entities: Collection[str] | None = None) -> Corrections:
    """What people decided about columns; none without a file. ``entities`` are those of the user's recognisers."""
    if settings.decisions is None:
        return corrections.NONE
    name = settings.decisions.text
    return corrections.load(settings.base / name, known=_known(entities), name=name)


def digest(settings: Settings) -> str:
    """SHA-256 of all that decides a verdict beside the data: recognisers, words and engine, not people's decisions."""
    parts: list[object] = [settings.nlp.text if settings.nlp else None]
    parts += [
        [given.text, hashlib.sha256((settings.base / given.text).read_bytes()).hexdigest()]
        for given in (*settings.files, *settings.words)
    ]
    modules = [settings.base / (given.text.partition(":")[0].replace(".", "/") + ".py") for given in settings.code]
    parts.append([hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None for path in modules])
    parts.append([given.text for given in settings.code])
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _is_code(text: str) -> bool:
    return ":" in text and not text.endswith((".yaml", ".yml"))


def _known(entities: Collection[str] | None) -> Callable[[str], bool] | None:
    if entities is None:
        return None
    return lambda entity: entity in entities or entity in all_categories()


def _check_entities(settings: Settings, entities: Collection[str]) -> None:
    for given in settings.words:
        lexicon.extended(settings.base / given.text, entities=entities)
    if settings.decisions is not None:
        decisions(settings, entities)


def _build(settings: Settings, seed: int) -> ColumnClassifier:
    from datagov.detect import ColumnClassifier

    recognisers: list[Any] = [settings.base / given.text for given in settings.files]
    for given in settings.code:
        with _placed_at(settings, given):
            recognisers.append(_recogniser(settings, given.text))
    with _named_from(settings.base):
        words = lexicon.extended(*(settings.base / given.text for given in settings.words)) if settings.words else None
        nlp = _nlp(settings) if settings.nlp else None
        return ColumnClassifier(seed=seed, recognisers=recognisers, words=words, nlp=nlp)


def _nlp(settings: Settings) -> Mapping[str, Any]:
    """The NLP configuration with models that are folders beside the configuration as full paths."""
    assert settings.nlp is not None
    given: dict[str, Any] = json.loads(settings.nlp.text)
    models = given.get("models")
    for model in models if isinstance(models, list) else ():
        name = model.get("model_name") if isinstance(model, dict) else None
        if isinstance(name, str) and (settings.base / name).is_dir():
            model["model_name"] = str((settings.base / name).resolve())
    return given


def _recogniser(settings: Settings, text: str) -> EntityRecognizer:
    """The recogniser called ``module:Class``, of the configuration's folder or installed."""
    from presidio_analyzer import EntityRecognizer

    module_name, _, name = text.partition(":")
    folder = str(settings.base)
    if folder not in sys.path:
        sys.path.append(folder)
    wrote, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        found: Any = getattr(importlib.import_module(module_name), name, None)
        make: Callable[[], Any] = found
        made = make() if isinstance(found, type) and issubclass(found, EntityRecognizer) else found
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"The recogniser {text!r} cannot be imported: there is no module {error.name!r}, neither installed nor "
            "beside the configuration."
        ) from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the user's own code; the text of its error may hold anything
        raise ConfigError(f"The recogniser {text!r} cannot be made: it raised {type(error).__name__}.") from None
    finally:
        sys.dont_write_bytecode = wrote
    if found is None:
        raise ConfigError(f"The module {module_name!r} has nothing called {name!r}.")
    if not isinstance(made, EntityRecognizer):
        raise ConfigError(f"{text!r} is no recogniser: a class must derive from presidio_analyzer.EntityRecognizer.")
    return guarded(made, text)


@contextmanager
def _named_from(base: Path) -> Iterator[None]:
    """Errors name files as the user wrote them, not by their place on this machine."""
    try:
        yield
    except ConfigError as error:
        if error.file is None or not Path(error.file).is_relative_to(base):
            raise
        place = f"{error.file}:{error.line}: " if error.line else f"{error.file}: "
        file = Path(error.file).relative_to(base).as_posix()
        raise ConfigError(str(error).removeprefix(place), file=file, line=error.line) from None


@contextmanager
def _placed_at(settings: Settings, given: Given) -> Iterator[None]:
    """Errors without a place get the line of the configuration that names the culprit."""
    try:
        yield
    except ConfigError as error:
        if error.file is not None:
            raise
        raise ConfigError(str(error), file=settings.file, line=given.line) from None

"""Whether a trained NLP engine can be loaded without a download: Presidio would fetch what is missing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from datagov.errors import ConfigError

_LIBRARIES = {"spacy": "spacy", "slim_spacy": "spacy", "stanza": "stanza", "transformers": "transformers"}


def require(nlp: Mapping[str, Any]) -> None:
    """Tell the libraries of models to stay offline; raises ConfigError for an engine or a model that is not here.

    ``nlp`` is Presidio's: ``nlp_engine_name`` and ``models``, a list of ``lang_code`` and ``model_name``.
    """
    engine = nlp.get("nlp_engine_name")
    library = _LIBRARIES.get(str(engine))
    if library is None:
        raise ConfigError(
            f"There is no NLP engine {engine!r}; 'nlp_engine_name' is one of {', '.join(sorted(_LIBRARIES))}."
        )
    if find_spec(library) is None:
        raise ConfigError(
            f"The NLP engine {engine!r} needs the package {library!r}, which is not installed: pip install {library}"
        )
    models = nlp.get("models")
    if not isinstance(models, list) or not models:
        raise ConfigError("The setting 'models' of an NLP engine is a list of lang_code and model_name.")
    for model in models:
        name = model.get("model_name") if isinstance(model, Mapping) else None
        if name is None or not isinstance(model.get("lang_code"), str):
            raise ConfigError("A model of an NLP engine needs lang_code and model_name.")
        for part, its_library in _parts(name, library):
            if not _is_here(part, its_library):
                raise ConfigError(
                    f"The model {part!r} is not installed, and nothing is downloaded while data is read; install it "
                    "first, name its folder, or leave 'nlp' out to work without a model."
                )
    os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"


def _parts(name: Any, library: str) -> list[tuple[str, str]]:
    """The models behind a model_name: a transformers engine names a spaCy pipeline and a transformers model."""
    if isinstance(name, Mapping):
        return [(str(part), str(its_library)) for its_library, part in name.items()]
    return [(str(name), library)]


def _is_here(name: str, library: str) -> bool:
    if Path(name).exists():
        return True
    if library == "spacy":
        try:
            distribution(name)
        except (PackageNotFoundError, ValueError):
            return False
        return True
    if library == "stanza":
        folder = os.environ.get("STANZA_RESOURCES_DIR") or Path.home() / "stanza_resources"
        return (Path(folder) / name).is_dir()
    home = os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface"
    hub = Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub")
    return (hub / f"models--{name.replace('/', '--')}").is_dir()

"""datagov.yaml → Config: what to audit, with which declarations, limits and rules. Secrets by reference only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from datagov import config_faults, secret_references, yamlfile
from datagov.config_models import ConfigModel
from datagov.contracts import Access, Limits, Source
from datagov.errors import ConfigError, UsageError
from datagov.secret_references import expand, resolve

__all__ = ["FILE_NAME", "Config", "expand", "json_schema", "load", "resolve", "utc"]

FILE_NAME = "datagov.yaml"


@dataclass(frozen=True, slots=True)
class Config:
    """A validated configuration with the place of everything in it."""

    model: ConfigModel
    document: yamlfile.Document
    base: Path
    sources: tuple[Source, ...]
    limits: Limits

    def __repr__(self) -> str:
        return f"Config({self.document.file!r}, sources={[s.name for s in self.sources]})"


def load(path: Path) -> Config:
    """Read and validate datagov.yaml. Raises ConfigError with file and line; never repeats a value of a secret."""
    document = yamlfile.load(path, name=path.name)
    if not isinstance(document.value, dict):
        raise ConfigError("The configuration must be a mapping with 'platform' and 'sources'.", file=document.file)
    secret_references.refuse_plaintext(document)
    try:
        model = ConfigModel.model_validate(document.value)
    except ValidationError as error:
        raise config_faults.sentence(error, document) from None
    base = path.resolve().parent
    sources = tuple(
        Source(
            source_id=n,
            name=name,
            plugin=entry.use,
            options=dict(entry.model_extra or {}),
            base=base,
            file=document.file,
            line=document.line("sources", name),
            access=Access(entry.access),
        )
        for n, (name, entry) in enumerate(model.sources.items(), start=1)
    )
    limits = Limits(
        deadline_seconds=model.limits.deadline_seconds,
        memory_mb=model.limits.memory_mb,
        sample_rows=model.limits.sample_rows,
        statement_seconds=model.limits.statement_seconds,
        sql_kb=model.limits.sql_kb,
        connections=model.limits.connections,
    )
    config = Config(model, document, base, sources, limits)
    if "detection" in model.model_fields_set:
        from datagov.detect import settings

        settings.check(settings.of(config))
    return config


def utc(text: str) -> str:
    """A time in UTC as ``2026-06-30T16:00:00Z``; a time without a zone is taken as UTC. Raises UsageError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError("'as_of' is not a time; write it like 2026-06-30T16:00:00Z.") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def json_schema() -> dict[str, Any]:
    """JSON Schema of datagov.yaml, for editors."""
    schema = ConfigModel.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "datagov.yaml"}

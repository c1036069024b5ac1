"""Column lineage as OpenLineage events: write run events with their facet, and read events back into links.

Source: OpenLineage 2-0-2 (RunEvent, JobEvent) and ColumnLineageDatasetFacet 1-2-0. Both know namespace, name, field,
type, subtype, description and masking; what only datagov knows (protection, confidence, place) is not in the facet.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from datagov import wholefile

PRODUCER = "https://pypi.org/project/datagov/"
_SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/"
_FACET = "https://openlineage.io/spec/facets/1-2-0/ColumnLineageDatasetFacet.json#/$defs/ColumnLineageDatasetFacet"
_LARGEST = 128 << 20
"""Largest file of events that is read; parsed it takes some six times its size."""


class Dataset(NamedTuple):
    """OpenLineage's identity of a dataset."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Link:
    """One input field influencing an output field, or, when ``target_field`` is None, the whole output dataset."""

    source: Dataset
    source_field: str
    target: Dataset
    target_field: str | None
    type: str
    subtype: str | None = None
    description: str | None = None
    masking: bool | None = None


@dataclass(frozen=True, slots=True)
class JobLineage:
    """What one job does: its OpenLineage namespace and name, and its links, each once."""

    namespace: str
    name: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """What could not be read: a sentence with its file and line (from 1); never a value of the file."""

    file: str
    line: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Events:
    """What a file or folder of events says, and what of it could not be read."""

    jobs: tuple[JobLineage, ...]
    faults: tuple[Fault, ...]


def run_id(*parts: str) -> str:
    """A run id that is the same for the same evidence: UUID version 5 (RFC 9562) of the parts."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([PRODUCER, *parts])))


def run_event(job: JobLineage, *, event_time: str, run: str) -> dict[str, Any]:
    """A COMPLETE RunEvent; ``event_time`` is ISO 8601 with a zone, ``run`` a UUID."""
    return {
        "eventType": "COMPLETE",
        "run": {"runId": run, "facets": {}},
        **_event(job, event_time, "RunEvent"),
    }


def job_event(job: JobLineage, *, event_time: str) -> dict[str, Any]:
    """A JobEvent: the design of the job, without a run."""
    return _event(job, event_time, "JobEvent")


def _event(job: JobLineage, event_time: str, kind: str) -> dict[str, Any]:
    targets: dict[Dataset, list[Link]] = {}
    for link in job.links:
        targets.setdefault(link.target, []).append(link)
    return {
        "eventTime": event_time,
        "producer": PRODUCER,
        "schemaURL": _SPEC + kind,
        "job": {"namespace": job.namespace, "name": job.name, "facets": {}},
        "inputs": [
            {"namespace": d.namespace, "name": d.name, "facets": {}}
            for d in sorted({link.source for link in job.links})
        ],
        "outputs": [
            {"namespace": d.namespace, "name": d.name, "facets": {"columnLineage": facet(targets[d])}}
            for d in sorted(targets)
        ],
    }


def facet(links: Iterable[Link]) -> dict[str, Any]:
    """The ColumnLineageDatasetFacet of the links into one dataset."""
    fields: dict[str, dict[tuple[Dataset, str], dict[str, Any]]] = {}
    whole: dict[tuple[Dataset, str], dict[str, Any]] = {}
    for link in links:
        inputs = whole if link.target_field is None else fields.setdefault(link.target_field, {})
        one = inputs.setdefault(
            (link.source, link.source_field),
            {**link.source._asdict(), "field": link.source_field, "transformations": []},
        )
        step: dict[str, Any] = {"type": link.type}
        for key in ("subtype", "description", "masking"):
            if (value := getattr(link, key)) is not None:
                step[key] = value
        if step not in one["transformations"]:
            one["transformations"].append(step)
    out: dict[str, Any] = {
        "_producer": PRODUCER,
        "_schemaURL": _FACET,
        "fields": {name: {"inputFields": list(inputs.values())} for name, inputs in fields.items()},
    }
    return {**out, "dataset": list(whole.values())} if whole else out


class BadEventError(ValueError):
    """Its text is a sentence about the shape of an event."""


def read(path: Path) -> Events:
    """The events of a JSON or NDJSON file, or of every ``.json``, ``.ndjson`` and ``.jsonl`` file below a folder.

    A broken event is a fault and its neighbours are read. START, RUNNING and OTHER events count like COMPLETE ones:
    their facets are additive by the standard. Events of one job are one job; ABORT and FAIL events are left out.
    """
    faults: list[Fault] = []
    files = sorted(_below(path, faults)) if path.is_dir() else [path]
    jobs: dict[tuple[str, str], dict[Link, None]] = {}
    for file in files:
        for line, event in documents(file, faults):
            try:
                found = _job(event)
            except BadEventError as error:
                faults.append(Fault(str(file), line, f"The event {error}; it is left out."))
                continue
            if found:
                jobs.setdefault((found.namespace, found.name), {}).update(dict.fromkeys(found.links))
    return Events(tuple(JobLineage(*key, tuple(links)) for key, links in jobs.items()), tuple(faults))


def _below(folder: Path, faults: list[Fault]) -> Iterator[Path]:
    def closed(error: OSError) -> None:
        faults.append(Fault(error.filename, None, f"The folder cannot be read: {error.strerror}."))

    for inside, _, names in os.walk(folder, onerror=closed):
        found = (Path(inside, name) for name in names if name.endswith((".json", ".ndjson", ".jsonl")))
        yield from (file for file in found if file.is_file())


def documents(file: Path, faults: list[Fault]) -> Iterator[tuple[int | None, Any]]:
    """The (line, event) pairs of a JSON or NDJSON file, the line None for one document; what is broken is a fault."""
    try:
        text = wholefile.read(file, most=_LARGEST).decode("utf-8-sig")
    except wholefile.TooLargeError:
        faults.append(Fault(str(file), None, f"The file is larger than {_LARGEST >> 20} MiB; split it."))
        return
    except OSError as error:
        faults.append(Fault(str(file), None, f"The file cannot be read: {error.strerror or type(error).__name__}."))
        return
    except UnicodeDecodeError:
        faults.append(Fault(str(file), None, "The file is not UTF-8; write the events as UTF-8."))
        return
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        whole = None
    if whole is not None:
        yield from ((None, event) for event in (whole if isinstance(whole, list) else [whole]))
        return
    if not text.strip():
        faults.append(Fault(str(file), None, "The file is empty; it holds no event."))
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except (ValueError, RecursionError):
            faults.append(Fault(str(file), number, "The line is not one JSON document; write one event per line."))


def _job(event: Any) -> JobLineage | None:
    if not isinstance(event, Mapping):
        raise BadEventError("is not a JSON object")
    if event.get("eventType") in ("ABORT", "FAIL"):
        return None
    if "job" not in event:
        if "dataset" in event:
            return None
        raise BadEventError("has no 'job'")
    job = _object(event, "job")
    links: list[Link] = []
    for output in _list(event, "outputs"):
        target = _dataset(output, "outputs[]")
        facets = _object(output, "facets") if output.get("facets") else {}
        if facets.get("columnLineage"):
            links.extend(links_of(target, _object(facets, "columnLineage")))
    found = JobLineage(_text(job, "namespace"), _text(job, "name"), tuple(dict.fromkeys(links)))
    _hold_text(found)
    return found


def links_of(target: Dataset, found: Mapping[str, Any]) -> Iterator[Link]:
    """The links of a ColumnLineageDatasetFacet into ``target``. Raises BadEventError for another shape."""
    if found.get("_deleted"):
        return
    fields = _object(found, "fields") if found.get("fields") or not found.get("dataset") else {}
    for name, field in fields.items():
        if not isinstance(field, Mapping):
            raise BadEventError("has a field in 'fields' that is not an object")
        old = field.get("transformationType")
        for item in _list(field, "inputFields"):
            yield from _steps(target, name, item, "MASKED" if old == "MASKED" else None)
    for item in _list(found, "dataset"):
        yield from _steps(target, None, item, None)


def _hold_text(job: JobLineage) -> None:
    """JSON can spell half a character; nothing else can hold it."""
    parts = [job.namespace, job.name]
    for link in job.links:
        parts += (link.source_field, link.target_field or "", link.subtype or "", link.description or "")
        parts += (link.source.namespace, link.source.name, link.target.namespace, link.target.name)
    try:
        "".join(parts).encode()
    except UnicodeEncodeError:
        raise BadEventError("holds a name that is not Unicode text") from None


def _steps(target: Dataset, name: str | None, item: Any, old: str | None) -> Iterator[Link]:
    """The links of one input field; one without transformations is DIRECT in a field, INDIRECT in a dataset."""
    source = _dataset(item, "inputFields[]")
    field = _text(item, "field")
    steps = _list(item, "transformations")
    if not steps:
        yield Link(source, field, target, name, "INDIRECT" if name is None else "DIRECT", masking=True if old else None)
    for step in steps:
        if not isinstance(step, Mapping) or step.get("type") not in ("DIRECT", "INDIRECT"):
            raise BadEventError("has a transformation whose 'type' is neither DIRECT nor INDIRECT")
        subtype, description, masking = step.get("subtype"), step.get("description"), step.get("masking")
        if not isinstance(subtype, str | None) or not isinstance(description, str | None):
            raise BadEventError("has a transformation whose 'subtype' or 'description' is not a text")
        if not isinstance(masking, bool | None):
            raise BadEventError("has a transformation whose 'masking' is neither true nor false")
        yield Link(source, field, target, name, step["type"], subtype, description, masking)


def _dataset(item: Any, where: str) -> Dataset:
    if not isinstance(item, Mapping):
        raise BadEventError(f"has an entry of '{where}' that is not an object")
    return Dataset(_text(item, "namespace"), _text(item, "name"))


def _object(item: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = item.get(key)
    if not isinstance(value, Mapping):
        raise BadEventError(f"has no object '{key}' where one is needed")
    return value


def _list(item: Mapping[str, Any], key: str) -> list[Any]:
    value = item.get(key)
    if not isinstance(value, list | None):
        raise BadEventError(f"has a '{key}' that is not a list")
    return value or []


def _text(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    if not isinstance(value, str) or not value:
        raise BadEventError(f"has no text '{key}' where one is needed")
    return value

"""The settings of datagov.yaml as models, which are also its published JSON Schema (``datagov schema``).

Source options beyond ``use`` and ``access`` belong to the adapter, which validates them itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from datagov.vocabulary.categories import known_entity
from datagov.vocabulary.legal_bases import known_basis


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class SourceModel(BaseModel):
    """One source: ``use`` names the adapter; every other key is the adapter's own option."""

    model_config = ConfigDict(extra="allow", frozen=True)

    use: Annotated[str, Field(description="Adapter: sqlite, sqlfolder, odcs, or a plugin's name.")]
    access: Annotated[
        Literal["metadata", "aggregates", "samples"],
        Field(description="How far to look: the catalog only, also counts inside the source, also samples of rows."),
    ] = "samples"


class LedgerModel(_Model):
    """Where consent events are kept, and how the table's own columns map to ConsentEvent."""

    source: Annotated[str, Field(description="Name of the source that holds the table.")]
    table: Annotated[str, Field(description="The table as schema.table.")]
    columns: Annotated[
        dict[
            Literal[
                "subject",
                "purpose",
                "controller",
                "recipient",
                "state",
                "kind",
                "event_time",
                "recorded_at",
                "valid_until",
                "notice_version",
                "action_id",
            ],
            str,
        ],
        Field(description="ConsentEvent field to column name; subject, purpose, state and event_time are needed."),
    ]
    given: Annotated[list[str], Field(description="Words of the state column that mean consent was given.")]
    withdrawn: Annotated[list[str], Field(description="Words of the state column that end a consent.")]
    ignored: Annotated[
        list[str],
        Field(description="Words of the state column that neither give nor end consent; any other word is unclear."),
    ] = []


def _or_a_file_name(schema: dict[str, Any]) -> None:
    """In the published schema a directory may also be the name of its file alone."""
    whole = dict(schema)
    schema.clear()
    schema["anyOf"] = [{"type": "string"}, whole]


class DirectoryModel(_Model):
    """A directory of people: a CSV file, or an export in JSON or LDIF with what its attributes mean."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=_or_a_file_name)

    file: Annotated[str, Field(description="The file: *.csv, *.json, *.ndjson, *.jsonl or *.ldif.")]
    format: Annotated[
        Literal["csv", "json", "ndjson", "ldif"] | None, Field(description="Its format, when its name does not tell.")
    ] = None
    list_: Annotated[
        str | None, Field(alias="list", description="JSON: where the list of people is, e.g. data.items.")
    ] = None
    fields: Annotated[
        dict[Literal["principal", "name", "status", "left_at", "replaced_by", "entity"], str | list[str]],
        Field(
            description="Field to the attribute, or attributes in their order, that hold it; dots lead into objects."
        ),
    ] = {}
    words: Annotated[
        dict[Literal["active", "disabled", "left"], list[str]],
        Field(description="Status to further words that mean it."),
    ] = {}
    otherwise: Annotated[
        Literal["active", "disabled"] | None, Field(description="Status of entries whose attributes tell none.")
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _of_a_file_name(cls, value: Any) -> Any:
        return {"file": value} if isinstance(value, str) else value

    @property
    def kind(self) -> str:
        """The format of the file: as given, else by the end of its name, else CSV."""
        ends = {".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson", ".ldif": "ldif", ".ldf": "ldif"}
        return self.format or ends.get(Path(self.file).suffix.lower(), "csv")


class Registers(_Model):
    """Files of declarations; one that is not named counts as never connected."""

    entities: Annotated[str | None, Field(description="YAML list of legal entities.")] = None
    principals: Annotated[
        DirectoryModel | None, Field(description="Directory of people who can own data: CSV, JSON or LDIF.")
    ] = None
    purposes: Annotated[str | None, Field(description="YAML tree of purposes.")] = None
    notices: Annotated[str | None, Field(description="YAML list of privacy-notice versions.")] = None
    consent: Annotated[list[LedgerModel], Field(description="Consent ledgers.")] = []


class Declaration(_Model):
    """Values for every dataset or column that a selector matches; the nearest selector wins, key by key."""

    select: Annotated[str, Field(description="Glob over schema.table or schema.table.column, e.g. lending.*")]
    owner: Annotated[str | None, Field(description="Accountable data owner (principal).")] = None
    steward: str | None = None
    custodian: str | None = None
    purpose: Annotated[str | list[str] | None, Field(description="Purpose keys of the processing.")] = None
    legal_basis: Annotated[
        str | None,
        AfterValidator(known_basis),
        Field(description="consent, contract, legal_obligation, … or an article such as PIPL-13-1, GDPR-6-1-a."),
    ] = None
    controller: Annotated[str | None, Field(description="Legal entity that decides on the processing.")] = None
    region: str | None = None
    retention: Annotated[str | None, Field(description="ISO 8601 duration: P3Y.")] = None
    subject_key: Annotated[str | None, Field(description="Column that identifies the data subject.")] = None
    processed_at: Annotated[str | None, Field(description="Column with the time a row was processed, UTC.")] = None
    entity_type: Annotated[
        str | None,
        AfterValidator(known_entity),
        Field(description="For columns: the entity it holds, of the list of categories, e.g. PHONE_NUMBER."),
    ] = None
    right_hold: str | None = None
    right_process_use: str | list[str] | None = None
    right_operate: str | list[str] | None = None
    scope: Annotated[Literal["in", "out"] | None, Field(description="out: not audited for ownership.")] = None

    @model_validator(mode="after")
    def _keys_fit_the_selector(self) -> Self:
        """A selector of a column (schema.table.column) takes ``entity_type``, one of a dataset every other key."""
        of_column = self.select.count(".") >= 2
        given = self.model_fields_set - {"select"}
        if of_column and (misplaced := sorted(given - {"entity_type"})):
            raise ValueError(
                f"{misplaced[0]!r} is about a whole dataset; declare it with a selector of the form schema.table"
            )
        if not of_column and "entity_type" in given:
            raise ValueError("'entity_type' is about a column; declare it with a selector such as schema.table.column")
        return self


class RulesModel(_Model):
    """Which rules run and what fails the audit."""

    packs: Annotated[list[str], Field(min_length=1, description="Installed packs, and folders of rules.")] = ["core"]
    ignore: Annotated[list[str], Field(description="Rule ids left out; shown in the report.")] = []
    fail_on: Literal["critical", "high", "medium", "low"] = "high"


class FullScanModel(_Model):
    """Which columns are read to the last row after the sample, and how much may be read."""

    tables: Annotated[
        list[str], Field(min_length=1, description="Globs over schema.table, where * stands for any characters.")
    ] = ["*"]
    columns: Annotated[
        list[Literal["free_text", "identifiers"]],
        Field(min_length=1, description="Free text, and columns that the sample took for provable identifiers."),
    ] = ["free_text", "identifiers"]
    rows: Annotated[int, Field(ge=1, description="Rows of a dataset; of a larger one that many at random.")] = 1_000_000
    megabytes: Annotated[int, Field(ge=1, description="Megabytes of a dataset, of the chosen columns.")] = 256
    night_rows: Annotated[int, Field(ge=1, description="Rows of all datasets together.")] = 20_000_000


class DetectionModel(_Model):
    """What is added to detection: recognisers, words of column names, people's decisions, a trained engine."""

    recognisers: Annotated[
        list[str],
        Field(description="Files of recognisers in Presidio's YAML format, and Presidio recognisers as module:Class."),
    ] = []
    words: Annotated[
        list[str], Field(description="CSV files of words in column names: term,language,role,entity,strength.")
    ] = []
    corrections: Annotated[
        str | None,
        Field(description="CSV of decisions on columns: column,entity,decision,by,when and low,high,note."),
    ] = None
    nlp: Annotated[
        dict[str, Any] | None,
        Field(description="Presidio's configuration of an NLP engine whose models are installed; for free text only."),
    ] = None
    rescan_nights: Annotated[
        int,
        Field(ge=1, description="A dataset its source calls unchanged is read again every so many nights; 1: always."),
    ] = 7
    full_scan: Annotated[
        FullScanModel | None,
        Field(description="Read free text and identifiers to the last row after the sample; without it none is."),
    ] = None
    stability: Annotated[
        bool, Field(description="Keep the last run's verdict on a column unless tonight's sample excludes it.")
    ] = True


class LimitsModel(_Model):
    """Caps; every one that is hit is reported."""

    deadline_seconds: Annotated[float, Field(gt=0)] = 300.0
    memory_mb: Annotated[int, Field(ge=256)] = 1024
    sample_rows: Annotated[int, Field(ge=1)] = 2000
    table_mb: Annotated[int | None, Field(ge=1, description="Most MB sampled of one table, by its mean row.")] = None
    night_rows: Annotated[int | None, Field(ge=1, description="Most rows sampled in one night, all tables.")] = None
    night_mb: Annotated[int | None, Field(ge=1, description="Most MB sampled in one night, all tables.")] = None
    statement_seconds: Annotated[float, Field(gt=0, description="Wall time one SQL statement may take.")] = 30.0
    sql_kb: Annotated[int, Field(ge=1, le=65536, description="Longest SQL statement that is parsed, in kB.")] = 256
    workers: Annotated[int, Field(ge=1, le=64, description="Processes that work at the same time.")] = 2
    connections: Annotated[int, Field(ge=1, le=64, description="Of them, how many may read one source at once.")] = 4


Protection = Literal["none", "partially_masked", "pseudonymised", "aggregated", "cleared"]
"""What a function leaves of its input; the words of an edge's ``protection``."""


class LineageModel(_Model):
    """What the lineage of SQL cannot know by itself."""

    functions: Annotated[
        dict[Annotated[str, Field(min_length=1)], Protection],
        Field(description="Your own functions, e.g. util_mask: partially_masked. Case and underscores do not matter."),
    ] = {}


class ConfigModel(_Model):
    """The whole of datagov.yaml."""

    version: Literal[1] = 1
    platform: Annotated[str, Field(description="Name of the platform, shown on reports.")]
    seed: Annotated[int, Field(ge=0, description="Seed of every random choice.")] = 0
    as_of: Annotated[str | None, Field(description="UTC time the audit judges by; default: its start.")] = None
    language: Literal["en", "zh"] = "en"
    output: Annotated[str, Field(description="Folder for runs and reports.")] = ".datagov"
    sources: Annotated[dict[str, SourceModel], Field(min_length=1, description="What to audit, by name.")]
    registers: Registers = Registers()
    declarations: list[Declaration] = []
    rules: RulesModel = RulesModel()
    detection: DetectionModel = DetectionModel()
    limits: LimitsModel = LimitsModel()
    lineage: LineageModel = LineageModel()

"""The fact tables: one Arrow schema per table, every field documented. A public contract, versioned in every run.

Rules:

- Types are int64, float64, bool, UTF-8 and UTC ISO 8601 text; nothing else.
- Identity is an integer: ``dataset_id``, ``column_id`` … are ``source_id * 2**32 + n``, so that workers number
  their own rows without asking anybody. Dotted strings are for display.
- A dataset is OpenLineage's (namespace, name).
- No field ever holds a value read from a data row. Literals in SQL are masked before a statement becomes a fact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

VERSION = 1
"""Version of the schemas below; changes when a field is removed or changes meaning."""

ID_STRIDE = 2**32
"""Distance between the id ranges of two sources."""

_TYPES = {"id": pa.int64(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(), "text": pa.string()}


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name, type, meaning, and whether it is never NULL.

    The type is ``int``, ``float``, ``bool``, ``text``, or ``id``: an int that identifies the rows of its own table.
    """

    name: str
    type: str
    doc: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One fact table: its name, its meaning, its fields, and the fields to index."""

    name: str
    doc: str
    fields: tuple[Field, ...]
    indexes: tuple[str, ...] = ()

    @property
    def identity(self) -> str | None:
        """The field that identifies the table's own rows, or None."""
        first = self.fields[0]
        return first.name if first.type == "id" else None

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema; the documentation travels in the field metadata under ``doc``."""
        return pa.schema(
            [pa.field(f.name, _TYPES[f.type], nullable=not f.required, metadata={"doc": f.doc}) for f in self.fields],
            metadata={"doc": self.doc, "version": str(VERSION)},
        )


def _table(name: str, doc: str, *rows: tuple[str, str, str], indexes: Sequence[str] = ()) -> Table:
    """A table from rows of (name, type, meaning); a type ending in ``!`` means never NULL."""
    fields = tuple(Field(n, t.rstrip("!"), d, required=t.endswith("!")) for n, t, d in rows)
    return Table(name, doc, fields, tuple(indexes))


_FILE = ("file", "text", "file the fact stands in, relative to the configuration file; NULL when it has none")
_LINE = ("line", "int", "line in that file, counted from 1")

TABLES: Mapping[str, Table] = {
    t.name: t
    for t in (
        _table(
            "run",
            "What this run was: one row per key, so that equal input gives equal bytes.",
            ("key", "text!", "as_of, seed, platform, datagov, facts_version, config_sha256, complete, …"),
            ("value", "text!", "the value, as text"),
        ),
        _table(
            "source",
            "A thing the configuration names: a database, a pipeline folder, a folder of contracts.",
            ("source_id", "int!", "its number, from 1, in the order of the configuration"),
            ("name", "text!", "its name in the configuration"),
            ("plugin", "text!", "the adapter that reads it: sqlite, sqlfolder, odcs, …"),
            ("role", "text!", "data, pipeline or declarations"),
            ("namespace", "text", "OpenLineage namespace of its datasets, without credentials"),
            ("outcome", "text!", "read or incomplete"),
            ("reason", "text", "why it is incomplete: a sentence"),
            _FILE,
            _LINE,
        ),
        _table(
            "dataset",
            "A table, view, file or path: harvested, or known only because SQL names it.",
            ("dataset_id", "id!", "identity"),
            ("source_id", "int!", "the source it was found in"),
            ("namespace", "text!", "OpenLineage dataset namespace"),
            ("name", "text!", "OpenLineage dataset name, and how reports show it: schema.table"),
            (
                "kind",
                "text!",
                "table, view, temporary, file, path, or external (named by SQL or a pipeline, found in no source)",
            ),
            ("location", "text", "where its files lie, as SQL may name it: a URI or path; NULL when it has none"),
            ("row_count", "int", "rows; NULL when not counted"),
            ("row_estimate", "int", "rows by the source's own statistics; NULL when it has none"),
            ("size_bytes", "int", "bytes it takes up in the source, indexes left out; NULL when not known"),
            ("changed_at", "text", "UTC time its data last changed, when the source remembers"),
            ("holder", "text", "the account that owns the object in the source"),
            ("comment", "text", "the owner's comment in the source"),
            (
                "change_token",
                "text",
                "changes whenever the data may have changed; NULL when the source has none",
            ),
            indexes=("source_id", "name"),
        ),
        _table(
            "column",
            "A column of a dataset; a nested field is a column with a field_path.",
            ("column_id", "id!", "identity"),
            ("dataset_id", "int!", "the dataset it belongs to"),
            ("name", "text!", "its name as the source spells it"),
            ("field_path", "text", "path inside a struct or JSON column, dotted; NULL for the column itself"),
            ("ordinal", "int!", "position from 0"),
            ("data_type", "text", "the type as the source spells it"),
            ("nullable", "bool", "whether NULL is allowed"),
            ("primary_key", "bool", "whether it is part of the primary key"),
            ("comment", "text", "the owner's comment in the source"),
            indexes=("dataset_id",),
        ),
        _table(
            "foreign_key",
            "A column that must match a column of another table of the same source, as its catalog states it.",
            ("column_id", "int!", "the column that refers"),
            ("number", "int!", "number of the key in its dataset, from 0; columns of one key share it"),
            ("ordinal", "int!", "position of the column in the key, from 0"),
            ("referenced_dataset", "text!", "name of the dataset referred to, as in dataset; it may not be harvested"),
            ("referenced_column", "text", "the column referred to; NULL when the source does not say"),
            ("enforced", "bool", "whether the source says that every row meets it; NULL when it does not say"),
            indexes=("column_id", "referenced_dataset"),
        ),
        _table(
            "job",
            "What runs SQL: a file of a pipeline folder, a view, a model.",
            ("job_id", "id!", "identity"),
            ("source_id", "int!", "the source it was found in"),
            ("name", "text!", "OpenLineage job name"),
            (
                "kind",
                "text!",
                "sql_file, view, routine, trigger, rule, query, airflow_task, notebook_cell, spark_execution, "
                "dagster_asset, sqlmesh_model, openlineage_job, of dbt: model, seed, snapshot, operation, exposure, …",
            ),
            ("dialect", "text!", "sqlglot's name of the SQL dialect"),
            ("owner", "text", "whom the pipeline, or else file_owner, names as its owner"),
            ("schedule", "text", "when it runs, as the pipeline writes it"),
            _FILE,
            _LINE,
        ),
        _table(
            "file_owner",
            "Who owns a file of a pipeline. Its jobs get that owner, and what they write is proposed to it.",
            ("source_id", "int!", "the source that says so"),
            ("owned_file", "text!", "the file, relative to the configuration file, as in job"),
            ("principal", "text!", "key of the principal"),
            ("role", "text!", "role it is proposed in for what the file's jobs write"),
            ("kind", "text!", "stated, or history: who changed the file most, which proposes nothing"),
            _FILE,
            _LINE,
            indexes=("owned_file",),
        ),
        _table(
            "statement",
            "One SQL statement, literals masked to the same length, and whether it was understood.",
            ("statement_id", "id!", "identity"),
            ("job_id", "int!", "the job that runs it"),
            ("ordinal", "int!", "position in the job, from 0"),
            ("kind", "text!", "CREATE_TABLE_AS, INSERT, CREATE_VIEW, …"),
            ("outcome", "text!", "parsed, opaque, failed or unsupported"),
            ("sql", "text!", "the statement with every literal masked"),
            _FILE,
            _LINE,
            ("end_line", "int", "last line"),
            indexes=("job_id",),
        ),
        _table(
            "link",
            "Column lineage as a pipeline itself states it, by name; tracing turns it into edges.",
            ("job_id", "int!", "the job that states it"),
            ("source_dataset", "text!", "dataset read, by its OpenLineage name or as schema.table"),
            ("source_field", "text!", "column read, nested fields dotted; * for all of them"),
            ("target_dataset", "text!", "dataset written, named likewise"),
            ("target_field", "text", "column written; NULL when the influence is on the whole dataset"),
            ("type", "text!", "DIRECT or INDIRECT"),
            ("subtype", "text", "as in edge; NULL when the pipeline does not say"),
            ("masking", "bool", "whether the pipeline says that the value is hidden; NULL when it does not say"),
            ("expression", "text", "what the pipeline says of the transformation, literals masked"),
            _FILE,
            _LINE,
            indexes=("job_id",),
        ),
        _table(
            "account",
            "Who can hold privileges in a source: accounts that log in, and roles that are given to them.",
            ("source_id", "int!", "the source"),
            ("account", "text!", "its name in the source; PUBLIC is everybody who can connect"),
            ("login", "bool!", "whether it can log in by itself"),
            ("powers", "text", "what it may do beyond its privileges: superuser, bypasses row security, …; else NULL"),
            indexes=("source_id",),
        ),
        _table(
            "membership",
            "Which account or role has which role, also through other roles: the transitive closure.",
            ("source_id", "int!", "the source"),
            ("member", "text!", "the account or role that has it"),
            ("role", "text!", "the role it has"),
            ("through", "text", "roles in between, nearest first, separated by ' < '; NULL when given directly"),
            ("inherits", "bool!", "whether the role's privileges hold without switching to it"),
            indexes=("source_id",),
        ),
        _table(
            "privilege",
            "Who may do what, as the source was told: to an account, a role or everybody. With membership, who can.",
            ("source_id", "int!", "the source"),
            ("dataset_id", "int", "the dataset; NULL for a privilege on a schema or on what is made from now on"),
            ("column_id", "int", "the column; NULL when it holds for the whole dataset"),
            ("scope", "text!", "dataset, column, schema, future (datasets made from now on) or source"),
            ("schema", "text", "the schema of a privilege on a schema or on its future datasets; NULL for all"),
            ("grantee", "text!", "account or role; PUBLIC is everybody who can connect"),
            ("action", "text!", "SELECT, INSERT, UPDATE, DELETE, USAGE, …; OWN for the owner, who may do everything"),
            ("grantable", "bool!", "whether the grantee may give it on"),
            indexes=("source_id", "dataset_id"),
        ),
        _table(
            "query_log",
            "Where a source remembers the queries it ran, and whether that says who ran them and when.",
            ("source_id", "int!", "the source"),
            ("kind", "text!", "pg_stat_statements, performance_schema, log file, …"),
            ("has_person", "bool!", "whether an entry names the account that ran it"),
            ("has_time", "bool!", "whether an entry says when it ran"),
            ("since", "text", "UTC time from which it counts; NULL when not known"),
            ("entries", "int!", "entries taken up"),
            ("left_out", "int!", "entries beyond the limit, or whose text the account may not see"),
            ("no_flow", "int!", "entries known to move no data, such as settings and transactions; not taken up"),
        ),
        _table(
            "query",
            "A query that ran, as the source remembers it; its SQL is the statement of its job, where there is one.",
            ("job_id", "int!", "the job of kind query that holds its SQL, or of kind spark_execution without SQL"),
            ("account", "text", "the account that ran it; NULL when the log does not say"),
            ("first_at", "text", "UTC time it first ran; NULL when the log does not say"),
            ("last_at", "text", "UTC time it last ran; NULL when the log does not say"),
            ("calls", "int", "how often it ran"),
            ("rows", "int", "rows it returned or changed, all calls together"),
            indexes=("job_id",),
        ),
        _table(
            "edge",
            "Column lineage: data of the source column influences the target (OpenLineage ColumnLineageDatasetFacet).",
            ("edge_id", "id!", "identity"),
            ("statement_id", "int!", "the statement that makes it"),
            ("source_dataset_id", "int!", "dataset read"),
            ("source_column_id", "int!", "column read"),
            ("target_dataset_id", "int!", "dataset written"),
            ("target_column_id", "int", "column written; NULL when the influence is on the whole dataset"),
            ("type", "text!", "DIRECT or INDIRECT"),
            (
                "subtype",
                "text!",
                "IDENTITY, TRANSFORMATION, AGGREGATION, JOIN, GROUP_BY, FILTER, SORT, WINDOW, CONDITIONAL",
            ),
            ("masking", "bool!", "whether the expression hides the value"),
            ("protection", "text!", "none, partially_masked, pseudonymised, aggregated or cleared"),
            ("confidence", "float!", "0 to 1"),
            ("reason", "text!", "why that confidence: schema_resolved, sole_source, ambiguous, ambiguous_name, …"),
            ("expression", "text", "the expression, literals masked"),
            _FILE,
            _LINE,
            ("col", "int", "column of the expression in that line, from 1"),
            ("end_line", "int", "last line of the expression"),
            ("end_col", "int", "column just after its end"),
            indexes=("source_column_id", "target_column_id", "target_dataset_id"),
        ),
        _table(
            "problem",
            "What could not be read, traced, examined or checked. Never empty of meaning, never a data value.",
            ("stage", "text!", "configure, harvest, trace, detect, declare or check"),
            ("source_id", "int", "the source concerned"),
            ("object", "text!", "the file, dataset, column, rule or worker concerned"),
            (
                "kind",
                "text!",
                "parse_failed, opaque, too_deep, too_long, unreadable, died, deadline, memory, …",
            ),
            ("message", "text!", "a sentence with the way out"),
            ("fatal", "bool!", "whether it makes the audit incomplete"),
            _FILE,
            _LINE,
        ),
        _table(
            "examination",
            "Per column of a data source: was its content looked at, and what can that exclude?",
            ("column_id", "int!", "the column"),
            ("outcome", "text!", "scanned, sampled, unreadable or not_examined"),
            ("reason", "text", "why unreadable or not examined"),
            ("rows_total", "int", "rows of the dataset"),
            ("rows_examined", "int!", "rows whose value was looked at"),
            (
                "excludable_prevalence",
                "float",
                "smallest share of personal data the rows examined exclude at 95 %",
            ),
            (
                "full_scan",
                "text",
                "complete, partly (cells are no text, or rows did not come), budget, not_reached or failed; "
                "NULL when none was wanted",
            ),
            ("rows_scanned", "int", "rows with a value that the full scan read to their end"),
            (
                "evidence",
                "text",
                "JSON: counts, name tokens, rivals, decisions of people; never a value; NULL when nothing was read",
            ),
            ("read_as_of", "text", "as_of of the night that read it; NULL when it was not to be read"),
            ("carried", "int!", "nights in a row since then that took the answer over, the dataset being unchanged"),
            indexes=("column_id",),
        ),
        _table(
            "detection",
            "Personal data found in a column by its content and name, or declared by its owner.",
            ("column_id", "int!", "the column"),
            ("entity", "text!", "Presidio's name where it has one: EMAIL_ADDRESS, CN_RESIDENT_ID, …"),
            (
                "mode",
                "text!",
                "is (the column is it), contains (free text holds it), declared (an owner says or confirms so)",
            ),
            ("confidence", "float!", "calibrated probability, 0 to 1"),
            (
                "masking",
                "text",
                "partial, hash, token or redacted when the content is masked; NULL when in the clear",
            ),
            ("by_content", "bool!", "whether values support it; false when name or declaration alone"),
            ("evidence", "text!", "JSON: counts, rates, name tokens, vetoes, masked shape; never a value"),
            indexes=("column_id", "entity"),
        ),
        _table(
            "category",
            "What an entity means: words of fideslang, DPV and the law. One row per entity met in the run.",
            ("entity", "text!", "the entity"),
            ("title_en", "text!", "English name"),
            ("title_zh", "text!", "Chinese name"),
            ("personal", "bool!", "whether it relates to a natural person"),
            ("fides", "text", "fideslang data category key"),
            ("dpv", "text", "DPV-PD IRI"),
            ("pipl_sensitive", "bool!", "sensitive personal information, PIPL Art. 28"),
            ("jrt0171", "text", "C1, C2 or C3, JR/T 0171-2020"),
            ("jrt0197", "int", "level 1 to 5, JR/T 0197-2020"),
        ),
        _table(
            "exposure",
            "Which personal data a column carries, from where, how protected: detected there, or arrived by lineage.",
            ("exposure_id", "id!", "identity"),
            ("column_id", "int!", "the column that carries it"),
            ("entity", "text!", "the entity"),
            ("protection", "text!", "none, partially_masked, pseudonymised or aggregated"),
            (
                "origin_column_id",
                "int!",
                "the column it comes from; itself when detected here and fed by nothing",
            ),
            ("edge_id", "int", "last edge of one shortest path; NULL at the origin"),
            ("hops", "int!", "edges on that path"),
            indexes=("column_id", "origin_column_id"),
        ),
        _table(
            "flow",
            "Personal data of an origin dataset arriving in a column by lineage: purposes travel on it.",
            ("column_id", "int!", "column reached"),
            ("dataset_id", "int!", "dataset of that column"),
            ("origin_dataset_id", "int!", "dataset the personal data started in"),
            ("protection", "text!", "weakest protection met on arrival"),
            ("edge_id", "int!", "last edge of one shortest path"),
            ("hops", "int!", "edges on that path"),
            indexes=("dataset_id", "origin_dataset_id"),
        ),
        _table(
            "register",
            "Which registers are connected. One never connected is one unknown, not many failures.",
            ("kind", "text!", "owners, principals, entities, purposes, processing, notices, consent"),
            ("connected", "bool!", "whether the configuration or a source supplies it"),
            ("entries", "int!", "how many entries it has"),
            _FILE,
            _LINE,
        ),
        _table(
            "legal_entity",
            "A legal entity of the platform, or one it deals with.",
            ("entity", "text!", "its key"),
            ("name", "text!", "its registered name"),
            ("kind", "text", "payment, microlending, insurance, wealth, trust, other"),
            ("parent", "text", "key of the entity that controls it"),
            ("territory", "text", "ISO 3166 code"),
            _FILE,
            _LINE,
        ),
        _table(
            "principal",
            "A person or unit that can own data, from the directory of people.",
            ("principal", "text!", "its key: an e-mail address or account name"),
            ("name", "text", "display name"),
            ("status", "text!", "active, disabled or left"),
            ("left_at", "text", "UTC time of leaving"),
            ("replaced_by", "text", "key of the successor"),
            ("entity", "text", "legal entity"),
            _FILE,
            _LINE,
        ),
        _table(
            "purpose",
            "A purpose of processing; purposes form a tree and subsume downward only.",
            ("purpose", "text!", "dotted key: finance.credit_decision"),
            ("parent", "text", "key of the wider purpose"),
            ("title_en", "text!", "English name"),
            ("title_zh", "text!", "Chinese name"),
            _FILE,
            _LINE,
        ),
        _table(
            "notice",
            "One version of a privacy notice.",
            ("notice", "text!", "key of the notice"),
            ("version", "text!", "version, compared by effective time, not by text"),
            ("purpose", "text!", "purpose it informs of"),
            ("controller", "text", "legal entity that gives it"),
            ("effective_from", "text!", "UTC time it took effect"),
            (
                "material",
                "bool",
                "whether purpose, manner or category changed; NULL when the register does not say",
            ),
            _FILE,
            _LINE,
        ),
        _table(
            "declaration",
            "What somebody declares of datasets or columns, by selector, before it is resolved.",
            ("declaration_id", "id!", "identity; a later one wins a tie"),
            ("source_id", "int", "the source that holds it; NULL for datagov.yaml"),
            ("selector", "text!", "glob over schema.table or schema.table.column"),
            (
                "key",
                "text!",
                "purpose, legal_basis, controller, region, retention, subject_key, processed_at, entity_type, fides, "
                "sensitive, data_subject, recipient, third_country, quality, … (see the page of connectors)",
            ),
            ("value", "text!", "the value"),
            _FILE,
            _LINE,
        ),
        _table(
            "declared",
            "The resolved declaration per dataset or column: nearest wins, origin shown.",
            ("dataset_id", "int!", "the dataset"),
            ("column_id", "int", "the column; NULL when it holds for the dataset"),
            ("key", "text!", "as in declaration"),
            ("value", "text!", "the value; a key may have several values, one row each"),
            ("selector", "text!", "the selector that won"),
            _FILE,
            _LINE,
            indexes=("dataset_id", "key"),
        ),
        _table(
            "owner_assertion",
            "Somebody says who owns what. Assertions are kept, also when they contradict each other.",
            ("assertion_id", "id!", "identity"),
            ("source_id", "int", "the source that says so; NULL for datagov.yaml"),
            ("selector", "text!", "glob over schema.table"),
            ("principal", "text!", "key of the principal"),
            ("role", "text!", "data_owner, steward or custodian"),
            ("valid_from", "text", "UTC time from which it holds"),
            ("valid_to", "text", "UTC time from which it no longer holds"),
            ("replaced_by", "text", "successor named by the assertion"),
            _FILE,
            _LINE,
        ),
        _table(
            "owner_assignment",
            "Owner assertions resolved per dataset, role and principal as of the run's as_of.",
            ("dataset_id", "int!", "the dataset"),
            ("role", "text!", "data_owner, steward or custodian"),
            ("principal", "text!", "key of the principal"),
            ("status", "text!", "active, ended or not_yet, by the assertion's own dates"),
            (
                "conflict",
                "bool!",
                "whether equally near assertions of different sources name different principals",
            ),
            ("assertion_id", "int!", "the assertion that won"),
            _FILE,
            _LINE,
            indexes=("dataset_id",),
        ),
        _table(
            "consent_ledger",
            "Where consent events are kept and how their columns map to ConsentEvent.",
            ("ledger_id", "id!", "identity"),
            ("source_id", "int!", "source that holds the table"),
            ("dataset_id", "int", "the table; NULL when it was not found"),
            ("mapping", "text!", "JSON: ConsentEvent field to column name, and state words"),
            _FILE,
            _LINE,
        ),
        _table(
            "consent_coverage",
            "Rows of a consent-based dataset by verdict, as of each row's processing time.",
            ("dataset_id", "int!", "the dataset"),
            ("purpose", "text!", "purpose the rows are processed for"),
            (
                "verdict",
                "text!",
                "covered, unmatched_identity, no_record, not_in_force, withdrawn, … (see consent)",
            ),
            ("rows", "int!", "how many rows"),
            indexes=("dataset_id",),
        ),
        _table(
            "rule",
            "A rule of this run, as it was: its text travels with the evidence.",
            ("rule", "text!", "its id: CR-001"),
            ("concern", "text!", "data_ownership, consumer_rights, network_security, …"),
            ("severity", "text!", "critical, high, medium, low or indicator"),
            ("pack", "text!", "rule pack"),
            (
                "business_lines",
                "text!",
                "comma-separated: any, payment, microlending, insurance, wealth, trust",
            ),
            ("title_en", "text!", "English title"),
            ("title_zh", "text!", "Chinese title"),
            ("checks_en", "text!", "what is checked, in English"),
            ("checks_zh", "text!", "what is checked, in Chinese"),
            ("remedy_en", "text!", "what to do, in English"),
            ("remedy_zh", "text!", "what to do, in Chinese"),
            ("blind_spots_en", "text!", "what it cannot see, in English"),
            ("blind_spots_zh", "text!", "what it cannot see, in Chinese"),
            ("citations", "text!", "JSON list of {law, article, status: text_read | secondary | unverified}"),
            ("requires", "text!", "comma-separated kinds of evidence"),
            ("absorbs", "text", "comma-separated rules whose findings on the same subject belong to this rule's cause"),
            ("sha256", "text!", "digest of the rule file"),
        ),
        _table(
            "evaluation",
            "One rule on one source: how many subjects had which outcome.",
            ("rule", "text!", "the rule"),
            ("source_id", "int", "the source; NULL when the rule is about the platform"),
            ("passed", "int!", "subjects that pass"),
            ("failed", "int!", "subjects that fail"),
            ("unknown", "int!", "subjects that cannot be judged"),
            ("not_applicable", "int!", "subjects the rule does not apply to after all"),
            ("error", "int!", "subjects whose check broke"),
        ),
        _table(
            "result",
            "One row per subject that did not pass.",
            ("result_id", "id!", "identity"),
            ("rule", "text!", "the rule"),
            ("source_id", "int", "source of the subject"),
            ("outcome", "text!", "fail, unknown, not_applicable or error"),
            ("severity", "text", "severity of this failure where its rule grades them; NULL: the rule's own"),
            ("dataset_id", "int", "dataset concerned"),
            ("column_id", "int", "column concerned"),
            ("subject", "text!", "display name of what is judged: schema.table[.column], or a register"),
            ("origin_column_id", "int", "column the fault comes from, when it came by lineage"),
            ("edge_id", "int", "edge that brings it, when it came by lineage"),
            ("needs", "text", "the register or evidence that would settle an unknown"),
            ("message_en", "text!", "sentence in English"),
            ("message_zh", "text!", "sentence in Chinese"),
            ("arguments", "text!", "JSON: the numbers and names in the sentence"),
            _FILE,
            _LINE,
        ),
        _table(
            "finding",
            "A violation: a failed result with its place, owner and cause.",
            ("finding_id", "id!", "identity in this run"),
            (
                "fingerprint",
                "text!",
                "identity across runs: rule, source, dataset, column and path; 16 hex digits",
            ),
            ("rule", "text!", "the rule"),
            ("severity", "text!", "severity"),
            ("result_id", "int!", "the result it comes from"),
            ("cause_id", "int!", "the cause it belongs to"),
            ("dataset_id", "int", "dataset concerned"),
            ("column_id", "int", "column concerned"),
            ("subject", "text!", "display name"),
            ("owners", "text!", "comma-separated active data owners; empty when there is none"),
            ("message_en", "text!", "sentence in English"),
            ("message_zh", "text!", "sentence in Chinese"),
            ("file", "text!", "always a file to open: the SQL, the contract, or the configuration"),
            ("line", "int!", "line in it"),
        ),
        _table(
            "cause",
            "What to repair: findings that come from one origin, consequences folded in.",
            ("cause_id", "id!", "identity in this run, worst first"),
            ("rule", "text!", "the rule; findings of rules it absorbs are folded in"),
            ("severity", "text!", "the highest severity of its findings"),
            ("subject", "text!", "display name of the origin"),
            ("findings", "int!", "findings folded in"),
            ("message_en", "text!", "sentence in English"),
            ("message_zh", "text!", "sentence in Chinese"),
            ("file", "text!", "file to open"),
            ("line", "int!", "line in it"),
        ),
        _table(
            "need",
            "The evidence ladder: what to declare or connect next, ranked by the verdicts it would settle.",
            ("rank", "int!", "1 settles most"),
            ("kind", "text!", "register or evidence: owners, purposes, consent, …"),
            ("verdicts", "int!", "unknown verdicts it would settle"),
            ("message_en", "text!", "sentence in English"),
            ("message_zh", "text!", "sentence in Chinese"),
        ),
    )
}

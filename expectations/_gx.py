"""Great Expectations: our expectation classes, and the session that validates suites of them.

The only home of ``great_expectations``. Known traps, and what is done about them:

- an expectation type that is not registered is dropped silently: as many results must come back as were asked for;
- a broken query counts as ``success=False``: it is recognised and becomes ``error``, never a violation;
- ``exception_info``, results and logs repeat values: only counts and our own sentences are ever passed on;
- telemetry and progress bars are switched off before anything else.
"""

from __future__ import annotations

import json
import logging
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import datagov.expectations._later

# isort: split
import great_expectations as gx
import sqlalchemy as sa
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from sqlalchemy.exc import DBAPIError
from tqdm import tqdm

from datagov.consent.model import Coverage
from datagov.consent.query import by_verdict, table_named, verdict_counts
from datagov.errors import DatagovError
from datagov.expectations import verdicts
from datagov.expectations.pack import Rule
from datagov.expectations.verdicts import Judgement
from datagov.model import Outcome

datagov.expectations._later.give_back()

_TABLE = MetricDomainTypes.TABLE


class RuleViolations(TableMetricProvider):
    """Metric: population per source and the rows of ``violations``; the batch is the rule's population."""

    metric_name = "datagov.rule_violations"
    value_keys = ("violations",)

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(
        cls,  # noqa: N805 - the decorator makes it a class method
        execution_engine: SqlAlchemyExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> dict[str, Any]:
        population, _, _ = execution_engine.get_compute_domain(metric_domain_kwargs, domain_type=_TABLE)
        source: sa.ColumnClause[Any] = sa.column("source_id")
        try:
            counted = execution_engine.execute_query(
                sa.select(source, sa.func.count()).select_from(population).group_by(source)
            ).fetchall()
            found = execution_engine.execute_query(_verbatim(metric_value_kwargs["violations"]))
            names, rows = list(found.keys()), found.fetchall()
        except DBAPIError as error:
            return {"broken": f"SQLite says: {error.orig}."}
        return {
            "population": [tuple(row) for row in counted],
            "rows": [dict(zip(names, row, strict=True)) for row in rows],
        }


class ExpectFactsToSatisfyRule(BatchExpectation):
    """Expect no subject of the batch, a rule's population over the facts of a run, to violate the rule."""

    rule: str
    violations: str

    metric_dependencies: ClassVar[tuple[str, ...]] = ("datagov.rule_violations",)
    success_keys: ClassVar[tuple[str, ...]] = ("rule", "violations")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> dict[str, Any]:
        found = metrics["datagov.rule_violations"]
        violated = "broken" in found or any(row.get("outcome") == Outcome.FAIL for row in found["rows"])
        return {
            "success": not violated,
            "result": {"observed_value": len(found.get("rows", ())), "details": _sealed(found)},
        }


class ConsentVerdicts(TableMetricProvider):
    """Metric: rows of the batch by consent verdict, in one query inside the source; counts only."""

    metric_name = "datagov.consent_verdicts"
    value_keys = ("coverage",)

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(
        cls,  # noqa: N805 - the decorator makes it a class method
        execution_engine: SqlAlchemyExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> dict[str, Any]:
        batch, _, _ = execution_engine.get_compute_domain(metric_domain_kwargs, domain_type=_TABLE)
        query = verdict_counts(Coverage.from_json(metric_value_kwargs["coverage"]), batch)
        try:
            counted = execution_engine.execute_query(query).fetchall()
        except DBAPIError as error:
            return {"broken": type(error.orig).__name__}
        return {"verdicts": by_verdict(counted)}


class ExpectProcessingToRestOnConsent(BatchExpectation):
    """Expect no row of the batch to have one of the verdicts of a consent rule.

    ``coverage`` is the JSON of a :class:`datagov.consent.query.Coverage`; expectations that share it share one scan.
    """

    rule: str
    coverage: str
    failing: list[str]

    metric_dependencies: ClassVar[tuple[str, ...]] = ("datagov.consent_verdicts",)
    success_keys: ClassVar[tuple[str, ...]] = ("rule", "coverage", "failing")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> dict[str, Any]:
        found = metrics["datagov.consent_verdicts"]
        violated = "broken" in found or any(found["verdicts"].get(verdict) for verdict in self.failing)
        return {"success": not violated, "result": {"observed_value": None, "details": _sealed(found)}}


class Session:
    """One Great Expectations context; validates expectations and returns what our metrics found."""

    def __init__(self) -> None:
        _quieten()
        self._context = gx.get_context(mode="ephemeral")
        self._context.enable_analytics(False)
        self._context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
        tqdm.set_lock(threading.RLock())  # its own lock is a named semaphore that outlives a stopped worker
        self._batches = 0

    def source(self, name: str, url: str, creator: Callable[[], Any]) -> Any:
        """A data source for one database, reached by what ``creator`` returns; nothing is written to it.

        Raises verdicts.BrokenRuleError when it cannot be reached.
        """
        known: Any = self._context.data_sources
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return known.add_sql(name, connection_string=url, create_temp_table=False, kwargs={"creator": creator})
        except DatagovError:
            raise
        except Exception as error:  # noqa: BLE001 - its errors repeat values; only the kind is passed on
            raise verdicts.BrokenRuleError(f"Great Expectations cannot connect ({type(error).__name__}).") from None

    def facts_rule(self, source: Any, rule: Rule) -> Judgement:
        """Evaluate a rule over facts. Raises verdicts.BrokenRuleError with a sentence."""
        population = f"SELECT * FROM ({rule.population}) AS population"
        violations = (rule.violations or "").replace("{population}", f"({rule.population})")
        expectation = ExpectFactsToSatisfyRule(rule=rule.id, violations=violations)
        (found,) = self._validate(source, population, [expectation])
        if "broken" in found:
            raise verdicts.BrokenRuleError(found["broken"])
        return Judgement(dict(map(tuple, found["population"])), found["rows"])

    def consent_verdicts(
        self, source: Any, *, schema: str | None, table: str, coverage: str, rules: Mapping[str, Sequence[str]]
    ) -> dict[str, int]:
        """Rows of a table by consent verdict, scanned once for all ``rules`` (rule id to the verdicts it fails on).

        Raises verdicts.BrokenRuleError with a sentence.
        """
        expectations = [
            ExpectProcessingToRestOnConsent(rule=rule, coverage=coverage, failing=list(failing))
            for rule, failing in rules.items()
        ]
        everything = sa.select(sa.text("*")).select_from(table_named(schema, table))
        query = str(everything.compile(dialect=source.get_engine().dialect))
        found = self._validate(source, query, expectations)
        if "broken" in found[0]:
            raise verdicts.BrokenRuleError(f"The source refused the query ({found[0]['broken']}).")
        counted: dict[str, int] = found[0]["verdicts"]
        return counted

    def _validate(self, source: Any, query: str, expectations: Sequence[BatchExpectation]) -> list[dict[str, Any]]:
        """What the metric of each expectation found of the batch that a query selects, in their order."""
        self._batches += 1
        name = f"batch-{self._batches}"
        for n, expectation in enumerate(expectations):
            expectation.meta = {"n": n}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                asset = source.add_query_asset(name, query=query.replace(":", r"\:"))
                data = asset.add_batch_definition("all").get_batch()
                suite = gx.ExpectationSuite(name=name, expectations=list(expectations))
                outcome = data.validate(suite, result_format={"result_format": "BASIC"})
        except Exception as error:  # noqa: BLE001 - its errors repeat values; only the kind is passed on
            raise verdicts.BrokenRuleError(f"Great Expectations stopped with {type(error).__name__}.") from None
        results = {result.expectation_config.meta["n"]: result for result in outcome.results}
        if sorted(results) != list(range(len(expectations))):
            raise verdicts.BrokenRuleError("Great Expectations did not evaluate every expectation that was declared.")
        return [_opened(results[n]) for n in range(len(expectations))]


def _sealed(found: Mapping[str, Any]) -> dict[str, str]:
    """What a metric found as one text, which Great Expectations neither rewrites nor walks through."""
    return {"found": json.dumps(found)}


def _opened(result: Any) -> dict[str, Any]:
    """What the metric found. An expectation that raised has nothing; its exception is not looked at."""

    details = (result.result or {}).get("details")
    if not details:
        raise verdicts.BrokenRuleError("Great Expectations could not compute it.")
    found: dict[str, Any] = json.loads(details["found"])
    return found


def _verbatim(sql: str) -> sa.TextClause:
    """SQL in which a colon is a colon and never a parameter."""
    return sa.text(sql.replace(":", r"\:"))


def _quieten() -> None:
    """Great Expectations and SQLAlchemy log whole exceptions, values included: none of it may reach a handler."""
    for name in ("great_expectations", "sqlalchemy"):
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.setLevel(logging.CRITICAL + 1)
        logger.handlers = [logging.NullHandler()]

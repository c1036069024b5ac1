"""Writes the event log that the tests hold: ``python spark_log_build.py FOLDER keep``, with pyspark and Java 17.

With ``plain``, or a codec of Spark, instead of ``keep`` it only leaves the log in ``FOLDER/log``.

The events about SQL are as Spark wrote them, but for the working folder, which becomes ``/srv/spark``; those about the
environment, tasks and stages are left out: they name the machine, and nothing of them is read.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

KEPT = (
    "SparkListenerLogStart",
    "SparkListenerApplicationStart",
    "SparkListenerSQLExecution",
    "SparkListenerApplicationEnd",
)
SQL = "INSERT INTO crm.vip SELECT id, mobile FROM crm.customer WHERE mobile = '13800138000'"


def run(work: Path, codec: str | None = None) -> Path:
    """Run the application in ``work``; the log is in ``work/log``. Rolled over when a codec is given."""
    from pyspark.sql import SparkSession  # pyright: ignore[reportMissingImports] - only where pyspark is installed

    os.environ["SPARK_USER"] = "etl"
    (work / "log").mkdir(parents=True)
    settings = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": f"file://{work / 'log'}",
        "spark.eventLog.rolling.enabled": str(codec == "zstd").lower(),
        "spark.eventLog.compress": str(codec is not None).lower(),
        "spark.eventLog.compression.codec": codec or "zstd",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.warehouse.dir": str(work / "warehouse"),
    }
    builder = SparkSession.builder.master("local[1]").appName("nightly-crm")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    for statement in (
        "CREATE DATABASE crm",
        "CREATE TABLE crm.customer (id INT, name STRING, mobile STRING) USING parquet",
        "CREATE TABLE crm.vip (id INT, mobile STRING) USING parquet",
        "INSERT INTO crm.customer VALUES (1, 'Zhang San', '13800138000')",
        "CREATE TABLE crm.contact USING parquet AS SELECT id, mobile FROM crm.customer WHERE name = 'Zhang San'",
    ):
        spark.sql(statement)
    lake = str(work / "lake" / "customer")
    spark.table("crm.customer").filter("id > 0").write.mode("overwrite").parquet(lake)
    spark.read.parquet(lake).write.mode("append").insertInto("crm.customer")
    joined = spark.table("crm.contact").join(spark.table("crm.customer").select("id", "name"), "id")
    joined.selectExpr("upper(name) AS shout", "mobile").groupBy("mobile").agg({"shout": "max"}).toDF(
        "mobile", "loudest"
    ).write.saveAsTable("crm.counted")
    spark.table("crm.contact").count()
    spark.sparkContext.setJobDescription(SQL)
    for _ in range(2):
        spark.sql(SQL)
    spark.sparkContext.setJobDescription(None)  # pyright: ignore[reportArgumentType] - None clears it
    try:
        spark.sql("INSERT INTO crm.contact SELECT raise_error('x'), mobile FROM crm.vip")
    except Exception as error:  # noqa: BLE001 - that an execution fails is wanted, Spark's class of it is not
        print("failed as it should:", type(error).__name__)
    spark.stop()
    return work / "log"


def kept(log: Path, work: Path) -> str:
    """The events of a plain log that the tests hold."""
    lines = log.read_text().replace(str(work), "/srv/spark").splitlines(keepends=True)
    return "".join(line for line in lines if any(name in line[:120] for name in KEPT))


if __name__ == "__main__":
    folder, way = Path(sys.argv[1]).resolve(), sys.argv[2]
    written = run(folder, None if way in ("keep", "plain") else way)
    if way == "keep":
        (plain,) = [path for path in written.iterdir() if not path.name.startswith(".")]
        Path(__file__).with_name("spark_event_log.jsonl").write_text(kept(plain, folder))

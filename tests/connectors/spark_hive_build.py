"""An application of real Spark over a Hive metastore: ``python spark_hive_build.py FOLDER PORT``.

With pyspark and Java 17. It makes tables of every format that the connector reads, moves people between them, and
leaves its event log in ``FOLDER/log``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

STATEMENTS = (
    "CREATE DATABASE shop LOCATION 'file:{0}/shop.db'",
    "CREATE TABLE shop.customer (id INT, name STRING, mobile STRING, born DATE) USING parquet",
    "INSERT INTO shop.customer VALUES (1, '张三', '13800138000', DATE'1990-01-02'), (2, NULL, '13900139000', NULL)",
    "CREATE TABLE shop.vip (id INT, mobile STRING) STORED AS PARQUET",
    "INSERT INTO shop.vip SELECT id, mobile FROM shop.customer WHERE name IS NOT NULL",
    "CREATE TABLE shop.orc_vip STORED AS ORC AS SELECT id, mobile FROM shop.vip",
    "CREATE TABLE shop.plain (id INT, name STRING) STORED AS TEXTFILE",
    "INSERT INTO shop.plain SELECT id, name FROM shop.customer",
    "CREATE TABLE shop.piped (id INT, name STRING) ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' ESCAPED BY '\\\\'"
    " STORED AS TEXTFILE",
    "INSERT INTO shop.piped VALUES (1, 'a|b'), (2, NULL), (3, 'N')",
    "CREATE TABLE shop.quoted (id STRING, name STRING) ROW FORMAT SERDE"
    " 'org.apache.hadoop.hive.serde2.OpenCSVSerde' STORED AS TEXTFILE",
    "INSERT INTO shop.quoted VALUES ('1', 'a,b \"c\"')",
    "CREATE TABLE shop.csv (id INT, name STRING) USING csv OPTIONS (header 'true', sep ';')",
    "INSERT INTO shop.csv VALUES (1, 'a;b'), (2, NULL)",
    "CREATE TABLE shop.json (id INT, who STRUCT<mail: STRING>) USING json",
    "INSERT INTO shop.json VALUES (1, named_struct('mail', 'a@b.cn'))",
    "CREATE TABLE shop.daily (id INT, mobile STRING, day STRING) USING parquet PARTITIONED BY (day)",
    "INSERT INTO shop.daily SELECT id, mobile, '2026-01-01' FROM shop.customer",
    "CREATE VIEW shop.seen AS SELECT mobile AS number FROM shop.vip",
)
ROWS = {
    "shop.customer": 2,
    "shop.vip": 1,
    "shop.orc_vip": 1,
    "shop.plain": 2,
    "shop.piped": 3,
    "shop.quoted": 1,
    "shop.csv": 2,
    "shop.json": 1,
    "shop.daily": 2,
}


def main(folder: Path, port: int) -> None:
    from pyspark.sql import SparkSession  # pyright: ignore[reportMissingImports] - only where pyspark is installed

    os.environ["SPARK_USER"] = "etl"
    (folder / "log").mkdir()
    settings = {
        "spark.hadoop.hive.metastore.uris": f"thrift://127.0.0.1:{port}",
        "spark.hadoop.hive.exec.dynamic.partition.mode": "nonstrict",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": f"file://{folder / 'log'}",
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.compress": "false",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }
    builder = SparkSession.builder.master("local[1]").appName("nightly-shop")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.enableHiveSupport().getOrCreate()
    for statement in STATEMENTS:
        spark.sql(statement.replace("{0}", str(folder)))
    spark.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]))

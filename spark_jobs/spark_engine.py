"""The build on Spark, any master: executors read, partition, sort and write, the driver plans."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its usual name
from pyspark.sql.pandas.types import from_arrow_schema

from generation.partition import partitions_of
from spark_jobs.engine import Receipt
from spark_jobs.part_files import part_path

PARTITION = "partition_number"

FEW_PROCESSORS = 4
FRUGAL_JAVA = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xss16m"]
"""Where Java and the workers in Python share few processors, its second compiler and its collector
for many take more than they give: a small build took 50 s instead of 98 on two. What the first one
makes needs more stack: with the usual megabyte, tasks of the vectors' fit overflowed it."""

LOG_SETTINGS = "log4j2.properties"
ERRORS_ONLY = """\
rootLogger.level = error
rootLogger.appenderRef.console.ref = console
logger.gateway.name = org.apache.spark.api.python.PythonGatewayServer
logger.gateway.level = error
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss} %p %c{1}: %m%n%ex
"""


class SparkEngine:
    """An `Engine` on a Spark master; executors must see the working folder and have this code."""

    def __init__(self, master: str, scratch: Path | None = None, driver_memory: str = "2g") -> None:
        """Start a session.

        Args:
            scratch: Takes what Spark spills where the master is local; deleted by `close`. A folder
                of the system's temporary ones by default.
            driver_memory: Java heap of the driver, which is also the executor of a local master.
        """
        os.environ["PYSPARK_PYTHON"] = sys.executable
        os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
        scratch = scratch or Path(tempfile.mkdtemp(prefix="feedrank-spark-"))
        scratch.mkdir(parents=True, exist_ok=True)
        self._scratch = scratch
        (scratch / LOG_SETTINGS).write_text(ERRORS_ONLY)
        builder = SparkSession.builder.master(master).appName("feedrank build")
        for name, value in _settings(master, scratch, driver_memory).items():
            builder = builder.config(name, value)
        self.session = builder.getOrCreate()

    def shuffle(
        self,
        source: Path,
        out: Path,
        *,
        key: str,
        partitions: int,
        order_by: Sequence[str],
        columns: Sequence[str] | None = None,
    ) -> None:
        """See `Engine.shuffle`."""
        schema = _schema(source, columns)
        self.session.sparkContext.setJobDescription(f"{source.name} by {key}")
        partition = F.arrow_udf(_partition_function(partitions), "int")
        (
            self.session.read.schema(from_arrow_schema(schema))
            .parquet(str(source))
            .where(F.col(key).isNotNull())
            .withColumn(PARTITION, partition(F.col(key)))
            .repartitionById(partitions, PARTITION)
            .sortWithinPartitions(*(F.col(n).asc_nulls_first() for n in order_by or schema.names))
            .drop(PARTITION)
            .write.mode("overwrite")
            .parquet(str(out))
        )
        _name_parts(out, partitions, schema)

    def map(
        self, partitions: int, function: Callable[[int], Receipt], *, describe: str
    ) -> list[Receipt]:
        """See `Engine.map`."""
        context = self.session.sparkContext
        context.setJobDescription(describe)
        return list(context.parallelize(range(partitions), partitions).map(function).collect())

    def close(self) -> None:
        """End the session."""
        self.session.stop()
        shutil.rmtree(self._scratch, ignore_errors=True)


def _settings(master: str, scratch: Path, driver_memory: str) -> dict[str, str]:
    java_options = [f"-Dlog4j2.configurationFile={scratch / LOG_SETTINGS}"]
    if master.startswith("local") and (os.cpu_count() or 1) <= FEW_PROCESSORS:
        java_options += FRUGAL_JAVA
    settings = {
        "spark.driver.extraJavaOptions": " ".join(java_options),
        "spark.driver.memory": driver_memory,
        "spark.executorEnv.OMP_NUM_THREADS": "1",
        "spark.executorEnv.PYTHONPATH": str(Path(__file__).parents[1]),
        "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
        "spark.sql.adaptive.enabled": "false",  # it may merge partitions, and ours have numbers
        "spark.sql.parquet.compression.codec": "zstd",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "8",
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if master.startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        settings["spark.local.dir"] = str(scratch)
        settings["spark.driver.host"] = "127.0.0.1"
        settings["spark.driver.bindAddress"] = "127.0.0.1"
    return settings


def _partition_function(partitions: int) -> Callable[[Any], Any]:
    def partition(keys: pa.Array) -> pa.Array:  # Spark reads these types
        return pa.array(partitions_of(keys.to_numpy(zero_copy_only=False), partitions))

    return partition


def _schema(source: Path, columns: Sequence[str] | None) -> pa.Schema:
    """Columns of all files together, from their footers."""
    footers = [pq.read_schema(path) for path in sorted(source.glob("*.parquet"))]
    schema = pa.unify_schemas([footer.remove_metadata() for footer in footers])
    fields = [schema.field(name) for name in columns or schema.names]
    return pa.schema([pa.field(field.name, field.type) for field in fields])


def _name_parts(out: Path, partitions: int, schema: pa.Schema) -> None:
    """Give Spark's files the names of the protocol; it writes none for an empty partition."""
    for path in list(out.iterdir()):
        if path.name.startswith("part-"):
            number = int(path.name.split("-")[1])
            path.rename(part_path(out, number))
        else:
            path.unlink()
    for path in out.glob(".*.crc"):
        path.unlink()
    for partition in range(partitions):
        path = part_path(out, partition)
        if not path.exists():
            pq.write_table(schema.empty_table(), path)

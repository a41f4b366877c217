"""The build on Spark: any master; executors read, partition, sort and write, the driver only plans."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from generation.partition import partitions_of
from spark_jobs.engine import Receipt

PARTITION = "partition_number"


class SparkEngine:
    """An `Engine` on a Spark master. Every executor must see the working folder and this code."""

    def __init__(self, master: str, scratch: Path, driver_memory: str = "2g") -> None:
        """Start a session; `scratch` takes what Spark spills when the master is local."""
        os.environ["PYSPARK_PYTHON"] = sys.executable
        os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
        scratch.mkdir(parents=True, exist_ok=True)
        builder = SparkSession.builder.master(master).appName("feedrank build")
        for name, value in _settings(scratch, driver_memory).items():
            builder = builder.config(name, value)
        self.session = builder.getOrCreate()
        self.session.sparkContext.setLogLevel("ERROR")

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
        rows = self.session.read.option("mergeSchema", "true").parquet(str(source))
        if columns is not None:
            rows = rows.select(*columns)
        partition = F.arrow_udf(_partition_function(partitions), "int")
        order = [F.col(name).asc_nulls_first() for name in order_by or rows.columns]
        placed = (
            rows.where(F.col(key).isNotNull())
            .withColumn(PARTITION, partition(F.col(key)))
            .repartitionById(partitions, PARTITION)
            .sortWithinPartitions(*order)
            .drop(PARTITION)
        )
        placed.write.mode("overwrite").parquet(str(out))
        _name_parts(out, partitions, rows.schema)

    def map(
        self, partitions: int, function: Callable[[int], Receipt], *, describe: str
    ) -> list[Receipt]:
        """See `Engine.map`."""
        context = self.session.sparkContext
        context.setJobDescription(describe)
        numbers = context.parallelize(range(partitions), partitions)
        return list(numbers.map(function).collect())

    def close(self) -> None:
        """End the session."""
        self.session.stop()


def _settings(scratch: Path, driver_memory: str) -> dict[str, str]:
    return {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(scratch),
        "spark.driver.memory": driver_memory,
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "8",
        "spark.sql.parquet.compression.codec": "zstd",
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        "spark.sql.adaptive.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
        "spark.executorEnv.OMP_NUM_THREADS": "1",
    }


def _partition_function(partitions: int) -> Callable[[pa.Array], pa.Array]:
    def partition(keys: pa.Array) -> pa.Array:
        return pa.array(partitions_of(keys.to_numpy(zero_copy_only=False), partitions))

    return partition

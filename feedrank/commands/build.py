"""`feedrank build`: a data folder to a published generation."""

import importlib.util
import json
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from feedrank.console import ReportProgress, fail, out, progress_bar

if TYPE_CHECKING:
    from generation.trusted_keys import SigningKey
    from spark_jobs.engine import Engine
    from spark_jobs.vector_fit import VectorFit


class EngineName(StrEnum):
    """What reads, partitions and sorts."""

    spark = "spark"
    local = "local"


def build(
    data: Annotated[Path, typer.Option(help="data folder made by `feedrank import`")],
    generations: Annotated[Path, typer.Option("--out", help="folder of generations")],
    shards: Annotated[
        int, typer.Option(min=1, max=1024, help="parts the items are split into")
    ] = 2,
    engine: Annotated[
        EngineName | None,
        typer.Option(help="spark needs a JDK 17; by default spark where both are there"),
    ] = None,
    master: Annotated[str, typer.Option(help="Spark master")] = "local[*]",
    seed: Annotated[int, typer.Option(min=0, help="same data and seed, same models")] = 7,
    private: Annotated[
        Path | None, typer.Option(help="PEM file of a key: sign what is built (`feedrank keys`)")
    ] = None,
) -> None:
    """Build a generation from a data folder; put it into service.

    Example: feedrank build --data data --out generations --shards 2
    """
    key = _signing_key(private)  # before hours of building, not after
    with progress_bar("build") as progress:
        folder = run_build(data, generations, shards, engine, master, seed, progress, key)
    print_report(folder)
    out.print(f"built {folder.name} in {generations}; servers take it at their next start")


def print_report(folder: Path) -> None:
    """How good the models are, and what each group of features is worth."""
    from generation import layout
    from spark_jobs.training.report import tables

    for table in tables(json.loads((folder / layout.REPORT).read_text())):
        out.print(table)


def run_build(
    data: Path,
    generations: Path,
    shards: int,
    engine_name: EngineName | None,
    master: str,
    seed: int,
    progress: ReportProgress,
    key: "SigningKey | None" = None,
) -> Path:
    """Build, sign if there is a key, and make current, or end the command with a clear error.

    Returns the folder.
    """
    from generation.manifest_signature import sign_manifest
    from generation.publish import make_current
    from spark_jobs.build import build_generation
    from tables.dataset import Dataset
    from tables.errors import TablesError

    try:
        Dataset.open(data)  # before Spark starts, which takes a while
    except TablesError as error:
        raise fail(str(error)) from error
    engine, fit = open_engine(engine_name or default_engine(), master, generations)
    with closing(engine):
        try:
            folder = build_generation(
                data,
                generations,
                engine=engine,
                fit=fit,
                shards=shards,
                seed=seed,
                progress=progress,
            )
        except TablesError as error:
            raise fail(str(error)) from error
    if key is not None:
        sign_manifest(folder, key)
    make_current(generations, folder.name)
    return folder


def _signing_key(path: Path | None) -> "SigningKey | None":
    from generation.trusted_keys import SigningKey

    if path is None:
        return None
    try:
        return SigningKey.read(path)
    except (ValueError, OSError) as error:
        raise fail(str(error)) from error


def default_engine() -> EngineName:
    """Spark where pyspark and a JDK are there."""
    from feedrank.real.java import find_java

    has_spark = importlib.util.find_spec("pyspark") is not None and find_java() is not None
    return EngineName.spark if has_spark else EngineName.local


def open_engine(name: EngineName, master: str, generations: Path) -> "tuple[Engine, VectorFit]":
    """The engine and the factorisation library that goes with it."""
    generations.mkdir(parents=True, exist_ok=True)
    if name is EngineName.local:
        from spark_jobs.implicit_als import ImplicitAls
        from spark_jobs.local_engine import LocalEngine

        return LocalEngine(), ImplicitAls()
    from feedrank.real.java import find_java

    if importlib.util.find_spec("pyspark") is None:
        raise fail("pyspark is not installed: use the extra `build`, or --engine local")
    if find_java() is None:
        raise fail("no JDK 17 found: apt-get install openjdk-17-jdk-headless, or --engine local")
    from spark_jobs.mllib_als import MllibAls
    from spark_jobs.spark_engine import SparkEngine

    spark = SparkEngine(master)
    return spark, MllibAls(spark.session)

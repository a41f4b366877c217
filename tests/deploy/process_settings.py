"""Loads the settings of a deployed process as it would, with files made where it expects them."""

import importlib
import inspect
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pydantic import FilePath

from serving.settings import CommonSettings
from serving.settings_loading import PREFIX, load_settings


def settings_class(module: str) -> type[CommonSettings]:
    """The settings of `ranker.main` and so on.

    Raises:
        ModuleNotFoundError: there is no such service.
    """
    service = module.removesuffix(".main")
    found = importlib.import_module(f"{service}.settings")
    importlib.import_module(module)
    [own] = [
        value
        for value in vars(found).values()
        if inspect.isclass(value)
        and issubclass(value, CommonSettings)
        and value.__module__ == found.__name__
    ]
    return own


def file_variables(kind: type[CommonSettings]) -> set[str]:
    """Names of the variables that must name a file."""
    return {
        f"{PREFIX}{name.upper()}"
        for name, field in kind.model_fields.items()
        if field.annotation == FilePath | None
    }


def settings_of(module: str, variables: Mapping[str, str], root: Path) -> CommonSettings:
    """Settings as `module` reads them; the files it is given are made below `root`.

    Raises:
        SettingsError: what the process would say.
    """
    kind = settings_class(module)
    placed = dict(variables)
    for name in file_variables(kind) & set(variables):
        path = root / variables[name].lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        placed[name] = str(path)
    with _environment(placed):
        return load_settings(kind)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)

"""Reads settings from the environment and one TOML file, and reports every problem at once.

Strongest first: the command line, `FEEDRANK_<SERVICE>__<FIELD>`, `FEEDRANK_<FIELD>`, the service's
table in the file `FEEDRANK_CONFIG` names, the top level of that file, the default.
"""

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr, ValidationError
from pydantic_settings import EnvSettingsSource

from serving.log_scrubber import without_secrets
from serving.settings import CommonSettings

PREFIX = "FEEDRANK_"
ADDRESSES = frozenset({"bus", "state"})
"""Settings in whose wrong values somebody may have put a password, in any place of them."""

CONFIG_VARIABLE = "FEEDRANK_CONFIG"
SERVICES = ("feed_assembly", "candidate_gen", "social_graph", "ann_shards", "ranker")
"""Tables a shared TOML file may have. Each is checked by the server it is meant for."""

AnySettings = TypeVar("AnySettings", bound=CommonSettings)


class SettingsError(Exception):
    """One or more settings are wrong; the text lists all of them, one per line."""


class _Environment(EnvSettingsSource):
    """Takes lists and tables as JSON, and leaves what is not JSON for validation to report."""

    def decode_complex_value(self, field_name: str, field: Any, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


def load_settings(
    settings_class: type[AnySettings], arguments: Mapping[str, Any] | None = None
) -> AnySettings:
    """Build settings for one process.

    Args:
        arguments: What the command line said; `None` values count as not said.

    Raises:
        SettingsError: naming every wrong key with its value and rule, unknown keys included.
    """
    problems: list[str] = []
    given = {key: value for key, value in (arguments or {}).items() if value is not None}
    values: dict[str, Any] = {}
    names: dict[str, str] = {}
    for layer, name_of in (
        *_from_file(settings_class, problems),
        *_from_environment(settings_class, problems),
        (given, "--{}".format),
    ):
        values |= layer
        names |= {key: name_of(key) for key in layer}
    try:
        settings = settings_class(**values)
    except ValidationError as error:
        problems += _describe(error, settings_class, names)
    if problems:
        noun = "setting is" if len(problems) == 1 else "settings are"
        raise SettingsError(
            f"{len(problems)} {noun} wrong:\n  " + without_secrets("\n  ".join(problems))
        )
    return settings


def _from_file(
    settings_class: type[CommonSettings], problems: list[str]
) -> list[tuple[dict[str, Any], Any]]:
    path = os.environ.get(CONFIG_VARIABLE)
    if not path:
        return []
    try:
        tree = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        problems.append(f"{CONFIG_VARIABLE} = {path!r}: {error}")
        return []
    mine = tree.get(settings_class.service, {})
    if not isinstance(mine, dict):
        problems.append(f"{settings_class.service} = {mine!r} (in {path}): must be a table")
        mine = {}
    shared = {key: value for key, value in tree.items() if key not in SERVICES}
    return [
        (shared, lambda key: f"{key} (in {path})"),
        (mine, lambda key: f"{settings_class.service}.{key} (in {path})"),
    ]


def _from_environment(
    settings_class: type[CommonSettings], problems: list[str]
) -> list[tuple[dict[str, Any], Any]]:
    """Two layers: variables for every service, and variables for this one."""
    fields = settings_class.model_fields
    layers = []
    known = {CONFIG_VARIABLE}
    for prefix in (PREFIX, f"{PREFIX}{settings_class.service.upper()}__"):
        layers.append((_Environment(settings_class, env_prefix=prefix)(), _upper_after(prefix)))
        known |= {_upper_after(prefix)(name) for name in fields}
    elsewhere = tuple(f"{PREFIX}{s.upper()}__" for s in SERVICES if s != settings_class.service)
    # The value stays out of the message: a mistyped name may hold a secret.
    problems += [
        f"{name}: unknown setting{_closest(name, sorted(known))}"
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and name not in known and not name.startswith(elsewhere)
    ]
    return layers


def _upper_after(prefix: str) -> Any:
    return lambda key: f"{prefix}{key.upper()}"


def _describe(
    error: ValidationError, settings_class: type[CommonSettings], names: Mapping[str, str]
) -> list[str]:
    lines = []
    for problem in error.errors(include_url=False):
        key = str(problem["loc"][0])
        path = ".".join([names.get(key, key), *map(str, problem["loc"][1:])])
        if problem["type"] == "default_factory_not_called":
            continue  # the field it depends on is reported already
        if problem["type"] == "extra_forbidden":
            lines.append(
                f"{path}: unknown setting{_closest(key, list(settings_class.model_fields))}"
            )
        elif problem["type"] == "missing":
            lines.append(f"{path}: required; set {PREFIX}{key.upper()}")
        else:
            rule = problem["msg"].removeprefix("Value error, ")
            shown = repr(problem["input"])
            if _is_secret(settings_class, key):
                shown = "(secret)"
            elif key in ADDRESSES:
                shown = "(an address)"
            lines.append(f"{path} = {shown}: {rule[:1].lower()}{rule[1:]}")
    return lines


def _is_secret(settings_class: type[CommonSettings], key: str) -> bool:
    field = settings_class.model_fields.get(key)
    return field is not None and SecretStr.__name__ in str(field.annotation)


def _closest(name: str, known: list[str]) -> str:
    match = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    return f"; did you mean {match[0]}?" if match else ""

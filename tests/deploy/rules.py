"""Reads our rules and the metrics in an expression, for tests."""

import re
from pathlib import Path
from typing import Any

import yaml

OBSERVE = Path(__file__).parents[2] / "deploy" / "observe"
RULES = OBSERVE / "rules"

NAME = re.compile(r"\b(?:feedrank|process)_[a-z_0-9]+|\bup\b|\bfeedrank:[a-z_0-9:]+")
MATCHERS = re.compile(r"\{([^}]*)\}")
GROUPED = re.compile(r"\b(?:by|on|group_left)\s*\(([^)]*)\)")
HISTOGRAM_ENDS = ("_bucket", "_count", "_sum")


def rules(file: str) -> list[dict[str, Any]]:
    """All rules of a file, in order."""
    groups = yaml.safe_load((RULES / file).read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def names_in(expression: str) -> set[str]:
    """Every series name."""
    return set(NAME.findall(MATCHERS.sub("{}", expression)))


def labels_in(expression: str) -> set[str]:
    """Every label that is matched or grouped by."""
    matched = re.findall(r"([a-z_]+)\s*(?:=~|!~|!=|=)", " ".join(MATCHERS.findall(expression)))
    grouped = re.findall(r"[a-z_]+", " ".join(GROUPED.findall(expression)))
    return {*matched, *grouped}

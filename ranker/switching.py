"""What of the ranker can be switched off: its models, and each rule of a list."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ranker.diversity import DiversitySettings
from ranker.model_use import MODELS
from serving.switches.switch import Switch

NO_LIMIT = 1_000_000

RULES: Mapping[str, Mapping[str, Any]] = {
    "author_spacing": {"author_gap": 0},
    "items_per_author": {"max_per_author": NO_LIMIT},
    "category_window": {"max_per_window": NO_LIMIT},
    "new_categories": {"min_categories": 0},
    "social_places": {"social_every": 0},
    "likeness": {"likeness_weight": 0.0},
    "sensitive_penalty": {"sensitive_penalty": 0.0},
    "sensitive_on_top": {"sensitive_free": 0},
}
"""Each rule, and the settings that amount to not having it."""

SAFETY_RULES = frozenset({"sensitive_on_top"})

SWITCHES = (
    *(Switch("model", model) for model in MODELS),
    *(Switch("rule", rule, rule in SAFETY_RULES) for rule in RULES),
)


def without_rules(settings: DiversitySettings, rules: frozenset[str]) -> DiversitySettings:
    for rule in rules:
        settings = replace(settings, **RULES[rule])
    return settings

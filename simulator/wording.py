"""Titles and texts of posts, so that a printed feed reads like one."""

from typing import NamedTuple

import numpy as np

from simulator.posts import Posts
from simulator.vocabulary import (
    CATEGORIES,
    CLOSERS,
    OPENERS,
    PHOTO_TITLES,
    POLL_TITLES,
    TEXT_TITLES,
    VIDEO_TITLES,
)

TITLES_BY_KIND = (VIDEO_TITLES, PHOTO_TITLES, TEXT_TITLES, POLL_TITLES)
"""In the order of `vocabulary.KINDS`."""


class Wording(NamedTuple):
    titles: list[str]
    texts: list[str]


def word(rng: np.random.Generator, posts: Posts) -> Wording:
    """Write a title and a text for every post, about its category."""
    luck = rng.integers(2**31, size=(len(posts), 5)).tolist()
    titles, texts = [], []
    rows = zip(posts.category.tolist(), posts.kind.tolist(), luck, strict=True)
    for category, kind, (subject_luck, twist_luck, title_luck, opener_luck, closer_luck) in rows:
        words, forms = CATEGORIES[category], TITLES_BY_KIND[kind]
        subject = words.subjects[subject_luck % len(words.subjects)]
        twist = words.twists[twist_luck % len(words.twists)]
        values = {"subject": subject, "Subject": subject[0].upper() + subject[1:], "twist": twist}
        titles.append(forms[title_luck % len(forms)].format_map(values))
        opener = OPENERS[opener_luck % len(OPENERS)].format_map(values)
        texts.append(f"{opener} {CLOSERS[closer_luck % len(CLOSERS)]}")
    return Wording(titles, texts)

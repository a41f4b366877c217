"""One change of the catalogue: as a producer sent it, and checked."""

from dataclasses import dataclass, replace
from typing import Literal

from feed_assembly.field_checks import (
    MAX_NAME_BYTES,
    check_amount,
    check_id,
    check_key,
    check_length,
    check_time_ms,
)
from generation.item_columns import VISIBILITIES
from serving.errors import InvalidRequestError

MAX_TITLE_BYTES = 512
MAX_TEXT_BYTES = 8_192
MAX_URL_BYTES = 2_048
MAX_CATEGORIES = 16


@dataclass(frozen=True, slots=True)
class ItemChange:
    """An item to publish (new, or all fields anew) or to delete.

    Attributes:
        change: `None` when absent or unknown.
        item_id: `None` when absent, which is refused.
        author_id: `None`: no author. The same for `group_id`.
        created_ms: Unix milliseconds, 0 means now. The same for `occurred_ms`.
        visibility: A word of `VISIBILITIES`; empty means public.
    """

    event_id: str
    change: Literal["publish", "delete"] | None
    item_id: int | None
    author_id: int | None = None
    created_ms: int = 0
    occurred_ms: int = 0
    categories: tuple[str, ...] = ()
    region: str = ""
    language: str = ""
    is_sensitive: bool = False
    duration_ms: int = 0
    title: str = ""
    text: str = ""
    media_url: str = ""
    group_id: int | None = None
    visibility: str = ""


def checked_item(item: ItemChange, field: str, now_ms: int) -> ItemChange:
    """The change with its times filled in; its `item_id` is not `None`.

    Of a deletion only the ids, the change and its time count, and only they are checked.

    Args:
        field: Where it is in the request, for example `items[3]`.

    Raises:
        InvalidRequestError: names field, value and limit.
    """
    check_key(f"{field}.event_id", item.event_id)
    item_id = check_id(f"{field}.item_id", item.item_id)
    occurred_ms = check_time_ms(f"{field}.occurred_ms", item.occurred_ms, now_ms)
    if item.change is None:
        raise InvalidRequestError(f"{field}.change", "need PUBLISH or DELETE")
    if item.change == "delete":
        return ItemChange(item.event_id, "delete", item_id, occurred_ms=occurred_ms)
    _check_ids(item, field)
    _check_texts(item, field)
    check_amount(f"{field}.duration_ms", item.duration_ms)
    created_ms = check_time_ms(f"{field}.created_ms", item.created_ms, now_ms)
    return replace(item, created_ms=created_ms, occurred_ms=occurred_ms)


def _check_ids(item: ItemChange, field: str) -> None:
    if item.author_id is not None:
        check_id(f"{field}.author_id", item.author_id)
    if item.group_id is not None:
        check_id(f"{field}.group_id", item.group_id)
    if item.visibility and item.visibility not in VISIBILITIES:
        problem = f"{item.visibility[:MAX_NAME_BYTES]!r} is none of {', '.join(VISIBILITIES)}"
        raise InvalidRequestError(f"{field}.visibility", problem)
    if item.visibility == "group" and item.group_id is None:
        raise InvalidRequestError(f"{field}.group_id", "required when visibility is group")
    if item.visibility in ("followers", "friends") and item.author_id is None:
        problem = f"required when visibility is {item.visibility}"
        raise InvalidRequestError(f"{field}.author_id", problem)


def _check_texts(item: ItemChange, field: str) -> None:
    if len(item.categories) > MAX_CATEGORIES:
        problem = f"{len(item.categories)} given, limit {MAX_CATEGORIES}"
        raise InvalidRequestError(f"{field}.categories", problem)
    for index, category in enumerate(item.categories):
        check_key(f"{field}.categories[{index}]", category)
    check_length(f"{field}.region", item.region, MAX_NAME_BYTES)
    check_length(f"{field}.language", item.language, MAX_NAME_BYTES)
    check_length(f"{field}.title", item.title, MAX_TITLE_BYTES)
    check_length(f"{field}.text", item.text, MAX_TEXT_BYTES)
    check_length(f"{field}.media_url", item.media_url, MAX_URL_BYTES)

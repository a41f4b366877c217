"""What a caller may ask of `GetFeed`, and the check of it."""

from dataclasses import dataclass

from feed_assembly.field_checks import MAX_ID, MAX_NAME_BYTES, check_id, check_length
from serving.effort.rung import Rung
from serving.errors import InvalidRequestError

DEFAULT_PAGE_SIZE = 20
MAX_PAGE_SIZE = 50
MAX_TOKEN_BYTES = 256
MAX_UTC_OFFSET_MINUTES = 840


@dataclass(frozen=True, slots=True)
class FeedRequest:
    """One call, as it came in; `checked` says whether it can be answered.

    Attributes:
        viewer_id: `None` when the caller left it out.
        region, language: Names; empty: the viewer's own.
        utc_offset_minutes: Local time minus UTC.
        as_of_ms: Unix ms that this request takes as its time; `None`: the clock's.
        rung: Do no more for it than this.
    """

    viewer_id: int | None
    surface: str = ""
    page_size: int = 0
    page_token: str = ""
    region: str = ""
    language: str = ""
    device: str = ""
    utc_offset_minutes: int = 0
    request_id: str = ""
    as_of_ms: int | None = None
    rung: Rung = Rung.FULL

    @property
    def context(self) -> str:
        """What a stored feed must have been made for to be shown."""
        return "\n".join((self.surface, self.region, self.language, self.device))

    @property
    def count(self) -> int:
        return self.page_size or DEFAULT_PAGE_SIZE


def checked(request: FeedRequest) -> int:
    """The viewer's id, if the request keeps its contract.

    Raises:
        InvalidRequestError: names the field, the value and the limit.
    """
    viewer_id = check_id("viewer_id", request.viewer_id)
    if request.page_size:
        _in_range("page_size", request.page_size, 1, MAX_PAGE_SIZE)
    check_length("surface", request.surface, MAX_NAME_BYTES)
    check_length("context.region", request.region, MAX_NAME_BYTES)
    check_length("context.language", request.language, MAX_NAME_BYTES)
    check_length("context.device", request.device, MAX_NAME_BYTES)
    check_length("request_id", request.request_id, MAX_NAME_BYTES)
    check_length("page_token", request.page_token, MAX_TOKEN_BYTES)
    offset = request.utc_offset_minutes
    _in_range("context.utc_offset_minutes", offset, -MAX_UTC_OFFSET_MINUTES, MAX_UTC_OFFSET_MINUTES)
    if request.as_of_ms is not None:
        _in_range("as_of_ms", request.as_of_ms, 0, MAX_ID)
    return viewer_id


def _in_range(field: str, value: int, lowest: int, highest: int) -> None:
    if not lowest <= value <= highest:
        raise InvalidRequestError(field, f"{value} is outside [{lowest}, {highest}]")

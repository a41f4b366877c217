"""What a request must fulfil before anybody is asked anything."""

from serving.bus.topics import RANKED_LISTS
from serving.contracts.candidates import GenerateRequest
from serving.effort.rung import Rung
from serving.errors import InvalidRequestError

MAX_EXCLUDED_IDS = 10_000
"""Per list: several times what a session record can hold."""

MAX_NAME_CHARACTERS = 64
MAX_UTC_OFFSET_MINUTES = 18 * 60


def check_request(request: GenerateRequest) -> None:
    """Refuse what cannot be meant.

    Raises:
        InvalidRequestError: naming field, value and limit.
    """
    if request.viewer_id < 0:
        raise InvalidRequestError("viewer_id", f"{request.viewer_id} is below 0")
    if request.revocation_version < 0:
        raise InvalidRequestError("revocation_version", f"{request.revocation_version} is below 0")
    if request.now_ms <= 0:
        raise InvalidRequestError("now_ms", f"{request.now_ms} is not above 0")
    if request.rung >= Rung.STORED:
        raise InvalidRequestError("rung", f"{request.rung.word} asks for no new list")
    partitions = RANKED_LISTS.partitions
    if not 0 <= request.reply_partition < partitions:
        raise InvalidRequestError(
            "reply_partition", f"{request.reply_partition} is outside of [0, {partitions - 1}]"
        )
    if abs(request.utc_offset_minutes) > MAX_UTC_OFFSET_MINUTES:
        raise InvalidRequestError(
            "utc_offset_minutes",
            f"{request.utc_offset_minutes} is further than {MAX_UTC_OFFSET_MINUTES} from 0",
        )
    for field in ("request_id", "surface", "device", "region", "language"):
        length = len(getattr(request, field))
        if length > MAX_NAME_CHARACTERS:
            raise InvalidRequestError(
                field, f"{length} characters, the limit is {MAX_NAME_CHARACTERS}"
            )
    for field in (
        "excluded_item_ids",
        "excluded_author_ids",
        "unfollowed_author_ids",
        "left_group_ids",
    ):
        length = len(getattr(request, field))
        if length > MAX_EXCLUDED_IDS:
            raise InvalidRequestError(field, f"{length} ids, the limit is {MAX_EXCLUDED_IDS}")

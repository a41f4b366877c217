"""One call of `GetFeed` while it is answered."""

from dataclasses import dataclass, field

from feed_assembly.degraded_reasons import SESSION_LOST
from feed_assembly.feed_request import FeedRequest
from feed_assembly.page_token import PageToken
from feed_assembly.session.revocation_version import is_same_life
from feed_assembly.session.session import SessionRecord
from feed_assembly.session.stored_sessions import StoredSession
from serving.deadline import Deadline
from serving.effort.rung import Rung

SERVED_EXCLUDED_MS = 30 * 60_000
"""How long a served item stays out of new rankings."""


@dataclass(slots=True)
class FeedCall:
    """What is known of a call before anything is looked up, and what went wrong since.

    Attributes:
        now_ms: The request's time, Unix milliseconds.
        clock_ms: The clock's, which tokens go by.
        rung: Do no more than this.
        reasons: Why the answer will be less than it could be.
        session: The viewer's session as it was found, once it is.
    """

    request: FeedRequest
    viewer_id: int
    now_ms: int
    clock_ms: int
    token: PageToken | None
    deadline: Deadline
    rung: Rung = Rung.FULL
    reasons: list[str] = field(default_factory=list)
    session: StoredSession | None = None

    @property
    def scroll_started_ms(self) -> int:
        return self.token.scroll_started_ms if self.token else self.now_ms

    @property
    def served_since_ms(self) -> int:
        """Items served then or later are not served again."""
        return min(self.now_ms - SERVED_EXCLUDED_MS, self.scroll_started_ms)

    @property
    def floor_taken(self) -> int:
        return self.token.floor_taken if self.token else 0

    def declared_lost_if_behind(self, record: SessionRecord) -> SessionRecord:
        """The viewer's record, or what is left of one that lacks what the token has seen.

        Such a record was lost and begun anew, or comes from an older copy: lists in it may show
        what was revoked since, none of them is served, and the answer says so.
        """
        told = self.token.revocation_version if self.token else 0
        is_behind = record.revocation_version < told
        if not told or (is_same_life(record.revocation_version, told) and not is_behind):
            return record
        self.degrade(SESSION_LOST)
        return record if record.lost_ms and not is_behind else record.lost(self.now_ms)

    def degrade(self, reason: str) -> None:
        if reason not in self.reasons:
            self.reasons.append(reason)

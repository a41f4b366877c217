"""How far a replica is trusted: in service, ejected for a while, or on trial with few calls.

An ejection lasts a second at first and twice as long each time the trial fails, so that a sick
replica costs less and less. Who stayed well for a minute starts at a second again.
"""

from enum import Enum

FAILURES_IN_ROW = 5
FIRST_EJECTION_S, LONGEST_EJECTION_S = 1.0, 30.0
FORGOTTEN_AFTER_S = 60.0
TRIAL_CALLS = 3
"""Good answers that end a trial."""

FAILURE_WEIGHT = 1 / 16
"""Of the latest call in the share of failures."""


class Outcome(Enum):
    """What a call says about the replica that was asked.

    LATE: it answered after another replica, or not within a time that is usual for the others.
    NEUTRAL: nothing, as when the caller gave up early, or the request was refused.
    """

    GOOD = "good"
    LATE = "late"
    FAILED = "failed"
    NEUTRAL = "neutral"


class State(Enum):
    IN_SERVICE = "in_service"
    EJECTED = "ejected"
    ON_TRIAL = "on_trial"


class Standing:
    """The record of one replica.

    Attributes:
        failure_share: Late and failed calls of the latest, in [0, 1].
        failures_in_row: Since the last good call.
    """

    __slots__ = (
        "_ejections",
        "_returned_s",
        "_trial_left",
        "failure_share",
        "failures_in_row",
        "state",
    )

    def __init__(self) -> None:
        self.state = State.IN_SERVICE
        self.failures_in_row = 0
        self.failure_share = 0.0
        self._ejections = 0
        self._trial_left = 0
        self._returned_s = 0.0

    def note(self, outcome: Outcome) -> None:
        """Remember how a call ended."""
        if outcome is Outcome.NEUTRAL:
            return
        is_good = outcome is Outcome.GOOD
        self.failures_in_row = 0 if is_good else self.failures_in_row + 1
        self.failure_share += (float(not is_good) - self.failure_share) * FAILURE_WEIGHT

    def eject(self, now_s: float) -> float:
        """Take it out of service; for how many seconds."""
        if self.state is State.IN_SERVICE and now_s - self._returned_s > FORGOTTEN_AFTER_S:
            self._ejections = 0
        self.state = State.EJECTED
        self._ejections += 1
        return min(LONGEST_EJECTION_S, FIRST_EJECTION_S * 2.0 ** min(self._ejections - 1, 10))

    def begin_trial(self) -> None:
        """Give it few calls; what was before counts no more."""
        self.state = State.ON_TRIAL
        self._trial_left = TRIAL_CALLS
        self.failures_in_row = 0
        self.failure_share = 0.0

    def passed(self, now_s: float) -> bool:
        """Note a good call of the trial; whether it was the last one needed."""
        self._trial_left -= 1
        if self._trial_left > 0:
            return False
        self.state = State.IN_SERVICE
        self._returned_s = now_s
        return True

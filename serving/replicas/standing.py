"""How far a replica is trusted: in service, ejected for a while, or on trial with few calls.

An ejection lasts a second at first and twice as long each time the trial fails, so that a sick
replica costs less and less. Who stayed well for a minute starts at a second again.
"""

from enum import Enum

FAILURES_IN_ROW = 5
FAILING_S = 0.25
"""So many failures with no good answer in between, over so long a time, are no coincidence: a
moment in which the machine was busy elsewhere makes some calls late, too."""

FIRST_EJECTION_S, LONGEST_EJECTION_S = 1.0, 30.0
FORGOTTEN_AFTER_S = 60.0
TRIAL_CALLS = 3
"""Good answers that end a trial."""

FAILURE_WEIGHT = 1 / 16
"""Of the latest call in the share of failures."""


class Outcome(Enum):
    """What a call says about the replica that was asked.

    LATE: another replica was asked later and answered first, or it took far longer than is usual.
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
        slow_renewals: How often in a row its new p95 was far above that of the others.
    """

    __slots__ = (
        "_ejections",
        "_failing_since_s",
        "_failures_in_row",
        "_returned_s",
        "_trial_left",
        "failure_share",
        "slow_renewals",
        "state",
    )

    def __init__(self) -> None:
        self.state = State.IN_SERVICE
        self.failure_share = 0.0
        self.slow_renewals = 0
        self._failures_in_row = 0
        self._failing_since_s = 0.0
        self._ejections = 0
        self._trial_left = 0
        self._returned_s = 0.0

    def note(self, outcome: Outcome, now_s: float) -> None:
        """Remember how a call ended that was not neutral."""
        is_good = outcome is Outcome.GOOD
        if is_good:
            self._failures_in_row = 0
        else:
            self._failures_in_row += 1
            if self._failures_in_row == 1:
                self._failing_since_s = now_s
        self.failure_share += (float(not is_good) - self.failure_share) * FAILURE_WEIGHT

    def is_failing(self, now_s: float) -> bool:
        """Whether it fails all the time."""
        lasted_s = now_s - self._failing_since_s
        return self._failures_in_row >= FAILURES_IN_ROW and lasted_s >= FAILING_S

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
        self._failures_in_row = 0
        self.failure_share = 0.0
        self.slow_renewals = 0

    def passed(self, now_s: float) -> bool:
        """Note a good call of the trial; whether it was the last one needed."""
        self._trial_left -= 1
        if self._trial_left > 0:
            return False
        self.state = State.IN_SERVICE
        self._returned_s = now_s
        return True

"""How many calls may run at a time, found out from how long they take.

On an idle server a call takes its no-load time. More calls at a time raise what gets done until
something is used up, and from then on only how long each call takes. The limit follows the ratio
of the two times ("gradient"): it rises while calls take little longer than alone, and falls in
proportion once they wait for one another inside.
"""

import math

TOLERANCE = 1.5
"""Calls may take so many times their no-load time before the limit falls."""

SMOOTHING = 0.1
"""Weight of the newest call in the running average, and of the newest estimate in the limit."""

ALONE_SMOOTHING = 0.05
"""Weight of a call that ran alone in the no-load time."""

UPWARD_SMOOTHING = 0.01
"""Weight of what a call cost under load, where that is above the no-load time."""

BACK_OFF = 0.9
"""What is left of the limit after a call that ran out of time or found no room further on."""

FIRST_CALLS = 20
"""Until so many have ended, the limit stays: the first are slow, and what is learnt from a crowd at
the start would have to be unlearnt."""


class ConcurrencyLimit:
    """The limit of one kind of call.

    Attributes:
        value: Calls that may run at a time now.
        no_load_ms: What a call takes on an idle server, smoothed; 0 before the first.
        run_ms: What a call takes now, smoothed; 0 before the first.
    """

    def __init__(self, minimum: int, maximum: int) -> None:
        self._minimum = float(minimum)
        self._maximum = float(max(minimum, maximum))
        self._exact = min(2 * self._minimum, self._maximum)
        self._calls = 0
        self.value = int(self._exact)
        self.no_load_ms = 0.0
        self.run_ms = 0.0

    def observe(self, elapsed_ms: float, running: int) -> None:
        """Learn from a call that has ended.

        Args:
            elapsed_ms: From its turn to its end, above 0.
            running: Calls that were running when it began, itself included.
        """
        if self._calls < FIRST_CALLS:
            self._calls += 1
            self.run_ms += (elapsed_ms - self.run_ms) / self._calls
            self.no_load_ms = self.run_ms
            return
        self.run_ms += SMOOTHING * (elapsed_ms - self.run_ms)
        self._learn_no_load(elapsed_ms, running)
        if 2 * running < self._exact:
            return  # so few calls say nothing about a limit they are far from
        gradient = max(0.5, min(1.0, TOLERANCE * self.no_load_ms / self.run_ms))
        target = self._exact * gradient + math.sqrt(self._exact) / 2
        smoothed = self._exact + SMOOTHING * (target - self._exact)
        self._exact = max(self._minimum, min(self._maximum, smoothed))
        self.value = int(self._exact)

    def back_off(self) -> None:
        """Learn that too many ran at a time, whatever the averages say."""
        self._exact = max(self._minimum, BACK_OFF * self._exact)
        self.value = int(self._exact)

    def _learn_no_load(self, elapsed_ms: float, running: int) -> None:
        if running == 1:
            self.no_load_ms += ALONE_SMOOTHING * (elapsed_ms - self.no_load_ms)
            return
        # Calls never take less because others run, so a lower average shows a lower time alone.
        self.no_load_ms = min(self.no_load_ms, self.run_ms)
        # Nor can one cost less than its part of the time, however many share a processor: so the
        # time follows calls that become dearer even if the server is never idle again.
        share_ms = elapsed_ms / running
        if share_ms > self.no_load_ms:
            self.no_load_ms += UPWARD_SMOOTHING * (share_ms - self.no_load_ms)

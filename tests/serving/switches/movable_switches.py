"""Switches that a test moves by hand."""

from serving.switches.switches import ALL_ON, Switched


class MovableSwitches:
    """Implements `SwitchBoard`."""

    def __init__(self) -> None:
        self.now: Switched = ALL_ON

    def switch_off(self, *keys: str) -> None:
        self.now = Switched(frozenset(keys))

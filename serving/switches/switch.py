"""What can be switched off. Services derive their switches from their own lists of stages."""

from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["source", "filter", "hydrator", "model", "rule", "call"]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Switch:
    """One part that can be off.

    Attributes:
        is_safety: Without it people may be shown what they must not be.
    """

    kind: Kind
    name: str
    is_safety: bool = False

    @property
    def key(self) -> str:
        """As in the file, for example `source:popular`."""
        return f"{self.kind}:{self.name}"

"""Under which keys the overlay lies in the state store.

They carry the generation, whose base it adds to, and the record's format: another generation or
another format finds nothing and is built from the bus.
"""

from candidate_gen.viewer_state.record import FORMAT

READER = "candidate_gen.viewer_state"
"""Reader of the bus."""

JOURNAL = f"{READER}.{FORMAT}"
"""Owner of checkpoints and action memories in the store."""


def viewer_key(generation: str, viewer_id: int) -> bytes:
    """Key of one viewer's record."""
    return b"v%d/%s/%d" % (FORMAT, generation.encode(), viewer_id)

"""How far a consumer came and which actions it knows, kept beside the effects themselves.

The recipe that makes effects happen once, whatever is killed in between:

1. At start `load_epoch` (`bus_epoch`) and read the checkpoints; subscribe from their positions
   (without one: from the manifest's offset on this bus). Offsets below are these positions.
2. Per batch of one partition read, in one call, the states to change, `checkpoint_key` and the
   `action_key` of every action. If the checkpoint is not where this process believes to be (a lost
   answer, another owner, a store that lost its data), begin again at step 1. Skip repeats
   (`find_repeats`) and, per state, messages below its version (last applied offset + 1).
3. Write states, `BusEpoch.moved` and the new memories with `all_or_none=True`. If that raises or
   is stale, begin again at step 1: what is in the store decides, never what we remember.

So an effect, its checkpoint and the memory of its action are in the store together or not at all,
and a late write of a slow or second owner of the partition is stale as a whole.

Keep a batch under half a megabyte (some thirty viewers): a write holds the event loop for about
2 ms per megabyte over RocksDB, and must fit into the timeout of a call over Redis.
"""

from collections.abc import Sequence

from serving.state.state_store import Update, Versioned

ACTION_MEMORY_S = 24 * 3600
"""An action sent again later than this counts as new."""


def checkpoint_key(consumer: str, generation: str, partition: int) -> bytes:
    """Key of one partition's checkpoint: its version is the next position.

    Args:
        consumer: Who reads, without `/`, for example `candidate_gen.viewer_state`.
        generation: Whose base the effects are laid over; another one starts from its own offsets.
    """
    return b"o/%s/%d" % (_owner(consumer, generation), partition)


def action_key(consumer: str, generation: str, partition: int, action_id: bytes) -> bytes:
    """Key of the first offset at which an action was seen: offset = version - 1, value empty.

    The partition is in the key because offsets of different partitions cannot be compared, and
    clients choose their action ids on their own.
    """
    return b"a/%s/%d/%s" % (_owner(consumer, generation), partition, action_id)


def find_repeats(
    actions: Sequence[tuple[bytes, int]], stored: Sequence[Versioned | None]
) -> tuple[list[bool], list[Update]]:
    """Tell repeated actions from new ones, within a batch too.

    A message is a repeat if a smaller offset is remembered for its action. An equal offset is the
    same message read again, which is left to the guards on the states.

    Args:
        actions: `action_key` and offset of each message of one partition, in offset order.
        stored: What the store holds under these keys, in the same order.

    Returns:
        For each message whether it is a repeat, and the memories to write with the effects.
    """
    first_offsets: dict[bytes, int] = {
        key: record.version - 1
        for (key, _), record in zip(actions, stored, strict=True)
        if record is not None
    }
    repeats, memories = [], []
    for key, offset in actions:
        if key not in first_offsets:
            first_offsets[key] = offset
            memories.append(Update(key, b"", 0, offset + 1, ttl_s=ACTION_MEMORY_S))
        repeats.append(first_offsets[key] < offset)
    return repeats, memories


def _owner(consumer: str, generation: str) -> bytes:
    for name, value in (("consumer", consumer), ("generation", generation)):
        if not value or "/" in value:
            raise ValueError(f"{name} is {value!r}, need a name without '/'")
    return f"{consumer}/{generation}".encode()

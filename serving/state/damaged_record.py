"""Where a record that cannot be read is kept, for people, while a fresh one takes its place."""

from serving.state.state_store import Update, Versioned

KEPT_S = 14 * 86_400


def set_aside_key(key: bytes, version: int) -> bytes:
    """Of the copy of what stands under `key`; `version` is its own in the store."""
    return b"x/%s/%d" % (key, version)


def copy_of(key: bytes, damaged: Versioned) -> Update:
    """What to write to keep it; fails where it is kept already."""
    version = damaged.version
    return Update(set_aside_key(key, version), damaged.value, 0, version, ttl_s=KEPT_S)

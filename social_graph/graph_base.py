"""The graph as the generation has it: a RocksDB that is only ever opened to be read."""

from collections.abc import Sequence
from pathlib import Path

from rocksdict import AccessType, Options, Rdict

from serving.errors import StateUnavailableError
from serving.state.rocksdb_options import raw_options
from social_graph.sealed_folder import DamagedBaseError, require_seal

SENTINEL_KEY = b"\x00feedrank graph"
"""Sorts before every record; its value is the generation's name."""
BLOCK_CACHE_BYTES = 256 << 20
KEY_COUNT = "rocksdb.estimate-num-keys"
"""Exact here: no key of an ingested file hides another."""


class GraphBase:
    """Immutable records by key. Reads may come from any thread."""

    def __init__(self, database: Rdict, folder: Path) -> None:
        self._database = database
        self._folder = folder

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Values in the order of `keys`. One native call, which lets other threads run.

        Raises:
            StateUnavailableError: a block cannot be read, or its checksum is wrong.
        """
        if not keys:
            return []
        try:
            found: list[bytes | None] = self._database.get(list(keys))
        except Exception as error:  # rocksdict raises nothing more precise
            raise StateUnavailableError(
                f"graph base {self._folder} cannot be read: {str(error)[:200]}"
            ) from error
        return found

    def close(self) -> None:
        self._database.close()


def open_base(folder: Path, generation: str, keys: int) -> GraphBase:
    """Check every byte of a loaded base, then open it.

    Raises:
        DamagedBaseError: it is missing, incomplete, damaged or another generation's.
    """
    require_seal(folder, generation, keys)
    access = AccessType.read_only(error_if_log_file_exist=False)
    try:
        database = Rdict(str(folder), base_options(), access_type=access)
    except Exception as error:  # rocksdict raises nothing more precise
        raise DamagedBaseError(f"{folder} cannot be opened: {str(error)[:200]}") from error
    base = GraphBase(database, folder)
    try:
        _require_contents(database, base, folder, generation, keys)
    except BaseException:
        base.close()
        raise
    return base


def base_options(*, create: bool = False) -> Options:
    return raw_options(BLOCK_CACHE_BYTES, create=create)


def _require_contents(
    database: Rdict, base: GraphBase, folder: Path, generation: str, keys: int
) -> None:
    found = base.get([SENTINEL_KEY])[0]
    if found != generation.encode():
        raise DamagedBaseError(f"{folder} has sentinel {found!r}, need {generation!r}")
    count = database.property_int_value(KEY_COUNT) - 1
    if count != keys:
        raise DamagedBaseError(f"{folder} has {count} keys, need {keys}")

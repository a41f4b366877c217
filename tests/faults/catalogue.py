"""All 45 rows of the fault matrix, and for each where it is shown.

A row is shown by a run of the matrix (`tests/faults/rows`), by tests elsewhere, or does not apply.
`test_every_row_is_shown.py` checks that each has one of these, and that the tests exist.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One row.

    Attributes:
        fault: In a few words.
        tests: `path::name` of tests elsewhere that show it, as pytest names them.
        does_not_apply: Why not, where it does not.
    """

    fault: str
    tests: tuple[str, ...] = ()
    does_not_apply: str = ""


CATALOGUE: dict[int, MatrixRow] = {
    1: MatrixRow("a shard replica is killed in the middle of requests"),
    2: MatrixRow("all replicas of one shard are down"),
    3: MatrixRow("one slow shard"),
    4: MatrixRow("corrupt index bytes"),
    5: MatrixRow("a truncated or half-published index"),
    6: MatrixRow("a mapped file is truncated or overwritten in place"),
    7: MatrixRow("an index of another dimension, metric or version"),
    8: MatrixRow("shards on different generations"),
    9: MatrixRow("Kafka is down at start"),
    10: MatrixRow("Kafka is slow, its queue full"),
    11: MatrixRow("a rebalance in the middle of a batch"),
    12: MatrixRow("duplicate delivery, replay"),
    13: MatrixRow("a poison message"),
    14: MatrixRow("late, out-of-order and future-dated events"),
    15: MatrixRow("Redis is down"),
    16: MatrixRow("Redis hangs"),
    17: MatrixRow("Redis is flushed"),
    18: MatrixRow("Redis is full"),
    19: MatrixRow("a RocksDB directory is locked"),
    20: MatrixRow("a damaged, cut or empty RocksDB directory"),
    21: MatrixRow("a model with the wrong signature or schema"),
    22: MatrixRow("a model answers NaN, infinities or constants"),
    23: MatrixRow("missing or stale features"),
    24: MatrixRow("clocks are five minutes off"),
    25: MatrixRow("oversized requests, too many ids"),
    26: MatrixRow("malformed, negative and unknown ids"),
    27: MatrixRow("the deadline has expired on arrival"),
    28: MatrixRow("a storm of cancelled calls"),
    29: MatrixRow("twice and five times the load it can carry"),
    30: MatrixRow("a storm of retries"),
    31: MatrixRow("slow readers and idle connections"),
    32: MatrixRow("SIGTERM while serving"),
    33: MatrixRow("a rolling restart of every service"),
    34: MatrixRow("two processes on one port"),
    35: MatrixRow("the disk is full"),
    36: MatrixRow("a worker is killed for memory"),
    37: MatrixRow("TLS is set up wrongly"),
    38: MatrixRow("certificates are rotated"),
    39: MatrixRow("a caller without identity, or with the wrong role"),
    40: MatrixRow("one caller floods"),
    41: MatrixRow("page tokens: tampered, of others, expired, of an old index"),
    42: MatrixRow("names resolve elsewhere, a replica is added"),
    43: MatrixRow("a typo in the configuration"),
    44: MatrixRow("metrics and traces have nowhere to go"),
    45: MatrixRow("the event loop is blocked"),
}

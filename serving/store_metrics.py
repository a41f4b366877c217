"""Publishes what the bus and the state store count about themselves."""

from serving import metrics as listed
from serving.bus.counters import BusCounters
from serving.metrics_recorder import Metrics
from serving.state.state_counters import StateCounters


def follow_bus(metrics: Metrics, counters: BusCounters) -> None:
    """Publish the totals of the bus of this process; once per process."""
    metrics.follow(listed.BUS_PUBLISHED, lambda: counters.published)
    metrics.follow(listed.BUS_DELIVERED, lambda: counters.delivered)
    metrics.follow(listed.BUS_DROPPED, lambda: counters.dropped)
    metrics.follow(listed.BUS_PUBLISH_FAILURES, lambda: counters.publish_failures)
    metrics.follow(listed.BUS_REPLAY_TRUNCATED, lambda: counters.replay_truncated)
    metrics.follow(listed.BUS_DISK_SYNCS, lambda: counters.disk_syncs)
    metrics.follow(listed.DEAD_LETTERS, lambda: counters.parked)


def follow_state(metrics: Metrics, counters: StateCounters) -> None:
    """Publish the totals of the state store of this process; once per process."""
    metrics.follow(listed.STATE_READS, lambda: counters.reads)
    metrics.follow(listed.STATE_WRITES, lambda: counters.writes)
    metrics.follow(listed.STATE_FAILURES, lambda: counters.failures)
    metrics.follow(listed.STATE_CONFLICTS, lambda: counters.conflicts)
    metrics.follow(listed.STATE_LOSSES, lambda: counters.losses)
    metrics.follow(listed.STATE_BREAKER_OPEN, lambda: counters.breaker_is_open)

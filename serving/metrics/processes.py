"""How a process fares: its loop, its threads, and what it serves from."""

from serving.metrics.metric import MS_BUCKETS, Metric

GENERATION_AGE = Metric(
    "feedrank_generation_age_ms", "gauge", (), "clock minus data time of the generation in service"
)
LOOP_LAG = Metric(
    "feedrank_loop_lag_ms", "histogram", (), "how late the event loop came to new work", MS_BUCKETS
)
LOOP_WAIT = Metric(
    "feedrank_loop_wait_ms",
    "histogram",
    (),
    "how long a step of calls in progress waited for its turn on the event loop",
    MS_BUCKETS,
)
LOOP_BLOCKED = Metric(
    "feedrank_loop_blocked_total", "counter", (), "times the event loop was held over 50 ms"
)
LOOP_STALLED = Metric(
    "feedrank_loop_stalled_total", "counter", (), "times readiness was withdrawn as the loop stood"
)
EXECUTOR_REFUSED = Metric(
    "feedrank_executor_refused_total", "counter", (), "native jobs refused as the queue was full"
)
EXECUTOR_JOBS = Metric(
    "feedrank_executor_jobs", "level", (), "native jobs that run or wait for a thread"
)
BUILD_INFO = Metric(
    "feedrank_build_info",
    "gauge",
    ("program", "version", "generation"),
    "1, for the release that runs and the generation it was started with",
)
PROCESS_ANONYMOUS = Metric(
    "feedrank_process_anonymous_bytes", "level", (), "memory of its own, without mapped files"
)
PROCESS_THREADS = Metric("feedrank_process_threads", "level", (), "threads of Python")
PROCESS_TASKS = Metric("feedrank_process_tasks", "level", (), "tasks of the event loop")
DISK_FREE = Metric("feedrank_disk_free_bytes", "level", (), "free space where `home` is")

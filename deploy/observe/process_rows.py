"""What the pages stand on: bus, state and resources."""

from deploy.observe.panels import HERE, Panel, Row, largest, rate

PROCESS_ROWS = (
    Row(
        "Bus and state",
        [
            Panel(
                "Messages behind", {"{{reader}}": largest("feedrank_bus_lag_messages", "reader")}
            ),
            Panel(
                "What is not applied is this old",
                {"{{reader}}": largest("feedrank_bus_staleness_ms", "reader")},
                "ms",
            ),
            Panel(
                "Bus",
                {
                    "published": rate("feedrank_bus_published_total"),
                    "delivered": rate("feedrank_bus_delivered_total"),
                },
                "ops",
            ),
            Panel(
                "Bus, what went wrong",
                {
                    "not acknowledged": rate("feedrank_bus_publish_failures_total"),
                    "dropped": rate("feedrank_bus_dropped_total"),
                    "unreadable": rate("feedrank_bus_dead_letters_total"),
                    "removed before it was read": rate("feedrank_bus_replay_truncated_total"),
                },
                "ops",
            ),
            Panel(
                "State",
                {
                    "reads": rate("feedrank_state_reads_total"),
                    "writes": rate("feedrank_state_writes_total"),
                    "stale updates": rate("feedrank_state_conflicts_total"),
                    "failures": rate("feedrank_state_failures_total"),
                },
                "ops",
            ),
            Panel(
                "State store given up for now",
                {"{{service}} {{instance}}": f"feedrank_state_breaker_open{{{HERE}}}"},
                "bool",
                1.0,
            ),
            Panel("Age of the generation", {"age": "max(feedrank_generation_age_ms)"}, "ms"),
            Panel(
                "Calls made again",
                {
                    "{{neighbour}} {{kind}}": rate(
                        "feedrank_replica_extra_calls_total", "neighbour", "kind"
                    ),
                    "{{neighbour}} out of service": largest(
                        "feedrank_ejected_replicas_ratio", "neighbour"
                    ),
                },
            ),
        ],
    ),
    Row(
        "Resources",
        [
            Panel(
                "Processors",
                {
                    "{{service}} {{instance}}": rate(
                        "process_cpu_seconds_total", "service", "instance"
                    )
                },
            ),
            Panel(
                "Memory of its own",
                {"{{service}} {{instance}}": f"feedrank_process_anonymous_bytes{{{HERE}}}"},
                "bytes",
            ),
            Panel(
                "Memory with mapped files",
                {"{{service}} {{instance}}": f"process_resident_memory_bytes{{{HERE}}}"},
                "bytes",
            ),
            Panel(
                "Event loop late, p99",
                {
                    "{{service}} {{instance}}": "feedrank:loop_lag_ms:p99_5m",
                    "calls in progress, {{service}} {{instance}}": "feedrank:loop_wait_ms:p99_5m",
                },
                "ms",
            ),
            Panel(
                "Event loop held over 50 ms",
                {
                    "{{service}} {{instance}}": rate(
                        "feedrank_loop_blocked_total", "service", "instance"
                    )
                },
                "ops",
            ),
            Panel(
                "Native jobs",
                {
                    "{{service}} {{instance}}": f"feedrank_executor_jobs{{{HERE}}}",
                    "{{service}} refused": rate("feedrank_executor_refused_total", "service"),
                },
            ),
            Panel(
                "Tasks and threads",
                {
                    "{{service}} {{instance}} tasks": f"feedrank_process_tasks{{{HERE}}}",
                    "{{service}} {{instance}} threads": f"feedrank_process_threads{{{HERE}}}",
                },
            ),
            Panel(
                "Open descriptors",
                {"{{service}} {{instance}}": f"process_open_fds{{{HERE}}}"},
            ),
            Panel(
                "Free disk",
                {"{{service}}": f"min by (service) (feedrank_disk_free_bytes{{{HERE}}})"},
                "bytes",
            ),
            Panel(
                "Until certificates expire",
                {"{{service}}": f"min by (service) (feedrank_certificate_remaining_ms{{{HERE}}})"},
                "ms",
            ),
            Panel(
                "Starts",
                {"{{service}} {{instance}}": f"changes(process_start_time_seconds{{{HERE}}}[1h])"},
            ),
        ],
    ),
)

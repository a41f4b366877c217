"""What the pages are like: traffic, latency, quality."""

from deploy.observe.panels import HERE, Panel, Row, largest, quantile, rate

PAGES = 'method="/feedrank.v1.FeedService/GetFeed"'

PAGE_ROWS = (
    Row(
        "Traffic",
        [
            Panel(
                "Calls by method",
                {"{{method}}": rate("feedrank_rpc_calls_total", "method")},
                "reqps",
            ),
            Panel(
                "Calls that did not end well",
                {
                    "{{method}} {{status}}": rate(
                        "feedrank_rpc_calls_total",
                        "method",
                        "status",
                        where=f'{HERE},status!="OK"',
                    )
                },
                "reqps",
            ),
            Panel(
                "Share of pages not as promised",
                {
                    "failed": "feedrank:failed_pages:ratio_rate5m",
                    "over 100 ms": "feedrank:slow_pages:ratio_rate5m",
                    "degraded": "feedrank:degraded_pages:ratio_rate5m",
                },
                "percentunit",
            ),
            Panel(
                "Calls in progress",
                {"{{service}} {{instance}}": f"feedrank_rpc_in_flight_calls{{{HERE}}}"},
            ),
            Panel(
                "Calls refused for load",
                {
                    "{{service}} {{call}} {{reason}}": rate(
                        "feedrank_admission_refused_total", "service", "call", "reason"
                    )
                },
                "reqps",
            ),
            Panel(
                "Calls that may run at a time",
                {
                    "{{service}} {{call}}": largest(
                        "feedrank_admission_limit_calls", "service", "call"
                    )
                },
            ),
            Panel("Actions", {"{{outcome}}": rate("feedrank_actions_total", "outcome")}, "ops"),
            Panel(
                "Refused for who calls",
                {
                    "{{service}} {{cause}}": rate(
                        "feedrank_access_refused_total", "service", "cause"
                    )
                },
                "reqps",
            ),
        ],
    ),
    Row(
        "Latency",
        [
            Panel(
                "A page",
                {
                    f"p{round(share * 100)}": quantile(
                        share, "feedrank_rpc_latency_ms", where=f"{HERE},{PAGES}"
                    )
                    for share in (0.5, 0.95, 0.99)
                },
                "ms",
            ),
            Panel(
                "Methods, p99",
                {"{{service}} {{method}}": "feedrank:latency_ms:p99_5m"},
                "ms",
            ),
            Panel(
                "Stages, p50",
                {"{{stage}}": quantile(0.5, "feedrank_stage_latency_ms", "stage")},
                "ms",
            ),
            Panel("Stages, p99", {"{{stage}}": "feedrank:stage_latency_ms:p99_5m"}, "ms"),
        ],
    ),
    Row(
        "Quality",
        [
            Panel(
                "Pages by origin", {"{{origin}}": rate("feedrank_feeds_total", "origin")}, "reqps"
            ),
            Panel(
                "Why pages are degraded",
                {"{{reason}}": rate("feedrank_degraded_answers_total", "reason")},
                "reqps",
            ),
            Panel(
                "Searches that reach all shards",
                {"share": "feedrank:covered_searches:ratio_rate5m"},
                "percentunit",
                1.0,
            ),
            Panel(
                "Stages that fell back",
                {"{{stage}} {{cause}}": rate("feedrank_stage_failures_total", "stage", "cause")},
                "reqps",
            ),
            Panel(
                "Candidates after each stage, median",
                {"{{stage}}": quantile(0.5, "feedrank_stage_out_candidates", "stage")},
            ),
            Panel(
                "Candidates dropped by filters",
                {"{{filter}}": rate("feedrank_filtered_candidates_total", "filter")},
                "ops",
            ),
            Panel(
                "Columns that held their default",
                {"{{column}}": rate("feedrank_defaulted_columns_total", "column")},
                "reqps",
            ),
            Panel(
                "Switched off, suspended, forced",
                {
                    "{{switch}} off": largest("feedrank_switched_off_open", "switch"),
                    "{{model}} suspended": largest("feedrank_model_suspended_open", "model"),
                    "rung": largest("feedrank_rung_forced_open"),
                },
            ),
            Panel(
                "Stored feeds",
                {"{{outcome}}": rate("feedrank_stored_feed_lookups_total", "outcome")},
                "reqps",
            ),
        ],
    ),
)

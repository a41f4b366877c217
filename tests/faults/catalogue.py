"""All 45 rows of the fault matrix, and for each where it is shown.

A row is shown by a run of the matrix (`tests/faults/rows`), by tests elsewhere, or does not apply.
`test_every_row_is_shown.py` checks that each has one of these, and that the tests exist.
Long because it is a table.
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
    4: MatrixRow(
        "corrupt index bytes",
        (
            "tests/integration/test_damaged_generations.py::test_one_changed_byte_is_found_and_named",
            "tests/feed_assembly/test_feed_service.py::test_a_damaged_generation_is_refused_by_file_name",
        ),
    ),
    5: MatrixRow(
        "a truncated or half-published index",
        (
            "tests/integration/test_damaged_generations.py::test_a_missing_file_is_named",
            "tests/integration/test_damaged_generations.py::test_a_folder_without_generations_says_what_to_do",
        ),
    ),
    6: MatrixRow("a mapped file is truncated or overwritten in place"),
    7: MatrixRow(
        "an index of another dimension, metric or version",
        ("tests/ann_shards/test_ann_shards_contract.py::test_another_generation_is_refused",),
    ),
    8: MatrixRow(
        "shards on different generations",
        (
            "tests/ann_shards/test_ann_shards_contract.py::test_another_generation_is_refused",
            "tests/ranker/test_ranker_contract.py::test_another_generation_is_refused",
            "tests/social_graph/test_social_graph_contract.py::test_another_generation_is_refused",
        ),
    ),
    9: MatrixRow("Kafka is down at start"),
    10: MatrixRow("Kafka is slow, its queue full"),
    11: MatrixRow("a rebalance in the middle of a batch"),
    12: MatrixRow(
        "duplicate delivery, replay",
        (
            "tests/integration/test_restart.py::test_every_action_counts_once_though_it_was_sent_again",
            "tests/social_graph/test_overlay_crashes.py::test_killed_at_any_write_it_ends_like_a_clean_replay",
            "tests/integration/test_bus_exactly_once.py::test_kills_redelivery_and_repeats_change_nothing",
            "tests/integration/test_items_exactly_once.py::test_replayed_and_sent_again_the_same_is_served",
            "tests/integration/test_bus_moves.py::test_another_bus_under_the_same_state_is_read_from_its_beginning",
        ),
    ),
    13: MatrixRow(
        "a poison message",
        (
            "tests/serving/bus/test_consumer.py::test_an_undecodable_message_is_parked_once_with_its_cause_and_blocks_nobody",
            "tests/serving/bus/test_consumer.py::test_halts_where_too_many_are_undecodable_and_skips_nothing",
        ),
    ),
    14: MatrixRow(
        "late, out-of-order and future-dated events",
        (
            "tests/feed_assembly/actions/test_action.py::test_refuses_naming_field_value_and_limit",
            "tests/ann_shards/test_counter_aggregator.py::test_counts_age_by_their_half_life_and_late_events_count_less",
            "tests/ann_shards/test_counter_aggregator.py::test_an_action_from_the_future_is_set_aside_and_ages_nothing",
            "tests/candidate_gen/viewer_state/test_apply.py::test_a_late_positive_takes_its_place_in_time",
            "tests/serving/bus/test_not_ahead.py::test_more_than_five_minutes_ahead_of_the_bus_is_refused",
        ),
    ),
    15: MatrixRow("Redis is down"),
    16: MatrixRow("Redis hangs"),
    17: MatrixRow("Redis is flushed"),
    18: MatrixRow("Redis is full"),
    19: MatrixRow(
        "a RocksDB directory is locked",
        ("tests/serving/state/test_rocksdb_directory.py::test_a_locked_directory_is_named",),
    ),
    20: MatrixRow(
        "a damaged, cut or empty RocksDB directory",
        (
            "tests/social_graph/test_load.py::test_a_damaged_base_is_refused_by_name_and_made_anew",
            "tests/social_graph/test_load.py::test_a_base_of_another_generation_or_key_count_is_refused",
        ),
    ),
    21: MatrixRow(
        "a model with the wrong signature or schema",
        (
            "tests/ranker/test_onnx_model.py::test_refuses_a_model_made_for_other_features",
            "tests/ranker/test_onnx_model.py::test_refuses_a_model_of_another_width",
        ),
    ),
    22: MatrixRow(
        "a model answers NaN, infinities or constants",
        (
            "tests/ranker/test_onnx_model.py::test_refuses_a_model_that_is_not_finite",
            "tests/candidate_gen/test_failures.py::test_a_ranker_that_refuses_is_a_failed_dependency_of_ours",
        ),
    ),
    23: MatrixRow(
        "missing or stale features",
        ("tests/candidate_gen/test_runner.py::test_defaulted_columns_are_in_receipt_and_metrics",),
    ),
    24: MatrixRow(
        "clocks are five minutes off",
        (
            "tests/serving/test_deadline.py::test_runs_down_with_the_monotonic_clock",
            "tests/feed_assembly/test_page_token.py::test_a_clock_that_is_a_little_ahead_is_no_reason_to_refuse",
        ),
    ),
    25: MatrixRow(
        "oversized requests, too many ids",
        (
            "tests/integration/test_bad_input.py::test_a_batch_of_actions_has_limits",
            "tests/integration/test_bad_input.py::test_names_have_limits",
        ),
    ),
    26: MatrixRow(
        "malformed, negative and unknown ids",
        (
            "tests/integration/test_bad_input.py::test_negative_ids_are_refused",
            "tests/integration/test_bad_input.py::test_the_smallest_and_the_largest_id_are_ids",
        ),
    ),
    27: MatrixRow(
        "the deadline has expired on arrival",
        (
            "tests/ann_shards/test_ann_shards_contract.py::test_a_deadline_that_has_passed_is_refused",
            "tests/integration/test_hanging_neighbours.py::test_an_answer_comes_in_time_whoever_hangs",
        ),
    ),
    28: MatrixRow(
        "a storm of cancelled calls",
        (
            "tests/integration/test_cancelled_calls.py::test_what_was_begun_for_a_call_ends_with_it",
            "tests/integration/test_cancelled_calls.py::test_a_storm_of_cancels_gives_nobody_the_answer_of_another",
            "tests/serving/state/test_redis_state_store.py::test_random_cancels_never_give_a_wrong_reply",
            "tests/candidate_gen/test_fan_out.py::test_who_gives_up_cancels_every_search",
            "tests/serving/replicas/test_hedging.py::test_who_gives_up_cancels_both",
        ),
    ),
    29: MatrixRow(
        "twice and five times the load it can carry",
        (
            "tests/serving/admission/test_admission_gate.py::test_a_call_that_would_wait_too_long_is_refused_and_told_when_to_come_back",
        ),
    ),
    30: MatrixRow(
        "a storm of retries",
        (
            "tests/serving/admission/test_admission_gate.py::test_refused_callers_are_not_told_to_come_back_together",
            "tests/serving/replicas/test_hedging.py::test_when_everybody_is_slow_the_budget_bounds_what_is_hedged",
        ),
    ),
    31: MatrixRow("slow readers and idle connections"),
    32: MatrixRow(
        "SIGTERM while serving",
        (
            "tests/serving/test_drain.py::test_a_drain_under_load_fails_no_call",
            "tests/integration/test_restart.py::test_every_process_drains_on_sigterm",
        ),
    ),
    33: MatrixRow("a rolling restart of every service"),
    34: MatrixRow(
        "two processes on one port",
        (
            "tests/serving/test_server.py::test_a_taken_port_is_named_and_grpc_says_nothing_beside_it",
        ),
    ),
    35: MatrixRow(
        "the disk is full",
        (
            "tests/serving/bus/test_log_faults.py::test_a_failing_disk_fails_the_publish_and_takes_no_offset",
            "tests/serving/bus/test_log_disk_full.py::test_the_first_message_after_there_is_room_is_taken",
        ),
    ),
    36: MatrixRow("a worker is killed for memory"),
    37: MatrixRow(
        "TLS is set up wrongly",
        (
            "tests/serving/test_tls_probe.py::test_an_unknown_authority_of_the_server",
            "tests/serving/test_tls_probe.py::test_a_certificate_that_has_expired",
            "tests/serving/replicas/test_handshakes.py::test_plain_text_on_either_side",
            "tests/integration/test_mutual_tls.py::test_a_neighbour_of_another_authority_is_named_and_feeds_go_on",
        ),
    ),
    38: MatrixRow(
        "certificates are rotated",
        (
            "tests/serving/test_tls.py::test_certificates_are_changed_while_calls_are_made_and_none_fails",
            "tests/integration/test_mutual_tls.py::test_all_certificates_are_replaced_while_calls_are_made_and_none_fails",
        ),
    ),
    39: MatrixRow(
        "a caller without identity, or with the wrong role",
        (
            "tests/serving/access/test_access_gate.py::test_a_role_opens_what_the_table_says_and_nothing_else",
            "tests/serving/access/test_access_gate.py::test_a_certificate_that_nobody_named_opens_nothing",
            "tests/integration/test_mutual_tls.py::test_another_role_and_nobody_get_none",
            "tests/integration/test_mutual_tls.py::test_inner_methods_are_closed_to_the_gateway_and_to_strangers",
        ),
    ),
    40: MatrixRow(
        "one caller floods",
        (
            "tests/serving/admission/test_callers_share.py::test_a_flood_of_one_caller_delays_others_by_one_call",
        ),
    ),
    41: MatrixRow(
        "page tokens: tampered, of others, expired, of an old index",
        (
            "tests/integration/test_bad_input.py::test_a_token_of_another_viewer_is_refused",
            "tests/integration/test_bad_input.py::test_a_token_is_refused_whatever_character_was_changed",
            "tests/integration/test_bad_input.py::test_a_token_expires",
        ),
    ),
    42: MatrixRow(
        "names resolve elsewhere, a replica is added",
        (
            "tests/serving/replicas/test_real_replicas.py::test_a_name_that_leads_to_one_more_replica_sends_calls_there",
        ),
    ),
    43: MatrixRow(
        "a typo in the configuration",
        (
            "tests/serving/test_settings.py::test_an_unknown_key_in_the_file_is_refused",
            "tests/serving/test_settings.py::test_all_problems_are_reported_at_once",
        ),
    ),
    44: MatrixRow(
        "metrics and traces have nowhere to go",
        (
            "tests/serving/tracing/test_tracing.py::test_a_collector_that_is_away_costs_the_calls_nothing",
        ),
    ),
    45: MatrixRow(
        "the event loop is blocked",
        (
            "tests/serving/test_loop_watch.py::test_who_holds_the_loop_is_counted_and_named",
            "tests/serving/test_loop_watch.py::test_readiness_goes_when_the_loop_stood_most_of_the_window_and_comes_back",
        ),
    ),
}

"""Spans of one or two servers, sent to a collector that the test runs."""

import time

import grpc
import pytest
from structlog.testing import capture_logs

from feedrank.real.ports import free_ports
from serving.contracts.receipt import Receipt
from serving.metrics import TRACE_EXPORTS
from serving.metrics_recorder import Metrics
from serving.server import GrpcServer
from serving.stage_clock import StageClock
from serving.tracing.open_tracer import (
    MAX_SENT_AT_ONCE,
    MAX_WAITING_SPANS,
    SEND_WITHIN_S,
    open_tracer,
)
from serving.tracing.span import CURRENT, METADATA_KEY, begin_part
from tests.serving.echo_service import METHOD, SERVICE, add_echo, local_settings
from tests.serving.tracing.collector import Collector, run_collector

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
async def collector():
    async with run_collector() as collector:
        yield collector


async def called(folder, behaviour, metadata=(), **settings) -> Metrics:
    """Call a traced server once, then stop it, which sends what it has."""
    metrics = Metrics()
    server = GrpcServer(local_settings(folder, **settings), metrics)
    add_echo(server, behaviour)
    await server.start([SERVICE])
    await server.mark_serving(SERVICE)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        call = channel.unary_unary(METHOD)
        await call(b"hello", timeout=30, metadata=metadata)
    await server.drain()
    return metrics


async def staged(request, _context):
    """Two stages, and a message sent between them."""
    clock = StageClock(Receipt(), Metrics())
    with clock.stage("search", 500) as count_out:
        count_out.append(300)
    span = begin_part("publish", "producer")
    if span is not None:
        span.end()
    with clock.stage("rank", 300):
        pass
    return request


async def test_a_call_is_a_span_and_its_stages_are_its_parts(tmp_path, collector: Collector):
    metrics = await called(tmp_path, staged, trace_to=collector.address, trace_share=1.0)
    [root] = collector.named(METHOD)
    assert root.parent_span_id == b""
    assert collector.tree(root) == {"search": {}, "publish": {}, "rank": {}}
    [search] = collector.named("search")
    counts = {a.key: a.value.int_value for a in search.attributes}
    assert counts == {"count_in": 500, "count_out": 300}
    assert root.start_time_unix_nano <= search.start_time_unix_nano
    assert search.end_time_unix_nano <= root.end_time_unix_nano
    assert metrics.counter(TRACE_EXPORTS, "sent")._value.get() >= 1


async def test_it_goes_on_where_its_caller_is(tmp_path, collector: Collector):
    settings = {"trace_to": collector.address, "trace_share": 0.0}
    await called(tmp_path, staged, [(METADATA_KEY, CALLER)], **settings)
    [span] = collector.named(METHOD)
    assert span.trace_id.hex() == CALLER.split("-")[1]
    assert span.parent_span_id.hex() == CALLER.split("-")[2]


@pytest.mark.parametrize(
    "traceparent",
    ["", "00-0-0-01", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "x" * 5_000],
    ids=["empty", "short", "zeros", "long"],
)
async def test_what_is_no_traceparent_begins_anew(tmp_path, collector: Collector, traceparent):
    settings = {"trace_to": collector.address, "trace_share": 1.0}
    await called(tmp_path, staged, [(METADATA_KEY, traceparent)], **settings)
    [span] = collector.named(METHOD)
    assert span.parent_span_id == b""


@pytest.mark.parametrize(
    ("metadata", "share"), [((), 0.0), ([(METADATA_KEY, CALLER[:-2] + "00")], 1.0)]
)
async def test_who_is_not_sampled_tells_its_neighbours_so(
    tmp_path, collector: Collector, metadata, share
):
    told = []

    async def behaviour(request, context):
        span = begin_part("call", "client")
        told.append(span.traceparent)
        return await staged(request, context)

    await called(tmp_path, behaviour, metadata, trace_to=collector.address, trace_share=share)
    assert collector.spans == []
    assert int(told[0].rpartition("-")[2], 16) & 1 == 0


async def test_without_a_collector_nothing_is_traced_nor_told(tmp_path):
    seen = []

    async def behaviour(request, context):
        seen.append(CURRENT.get())
        return await staged(request, context)

    await called(tmp_path, behaviour, [(METADATA_KEY, CALLER)])
    assert seen == [None]


async def test_a_failure_is_marked_and_the_trace_is_in_the_log(tmp_path, collector: Collector):
    async def behaviour(_request, _context):
        raise RuntimeError("password=hunter2")

    with capture_logs(), pytest.raises(grpc.aio.AioRpcError):
        await called_and_failed(tmp_path, behaviour, collector)
    [span] = collector.named(METHOD)
    assert span.status.message == "INTERNAL"
    assert "hunter2" not in str(collector.spans)


async def called_and_failed(folder, behaviour, collector: Collector) -> None:
    server = GrpcServer(
        local_settings(folder, trace_to=collector.address, trace_share=1.0), Metrics()
    )
    add_echo(server, behaviour)
    await server.start([SERVICE])
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            await channel.unary_unary(METHOD)(b"hello", timeout=30)
    finally:
        await server.drain()


async def test_a_collector_that_is_away_costs_the_calls_nothing(tmp_path):
    [nobody] = free_ports(1)
    server_metrics = Metrics()
    settings = local_settings(tmp_path, trace_to=f"http://127.0.0.1:{nobody}", trace_share=1.0)
    server = GrpcServer(settings, server_metrics)
    add_echo(server, staged)
    await server.start([SERVICE])
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        call = channel.unary_unary(METHOD)
        with capture_logs() as lines:
            for _ in range(100):
                await call(b"hello", timeout=30)
            stopping_s = time.monotonic()
            await server.drain()
    assert time.monotonic() - stopping_s < 30
    assert server_metrics.counter(TRACE_EXPORTS, "failed")._value.get() >= 1
    assert server_metrics.counter(TRACE_EXPORTS, "sent")._value.get() == 0
    assert [line["event"] for line in lines].count("traces do not arrive") == 1


def test_more_than_may_wait_is_dropped_and_nobody_waits(tmp_path):
    [nobody] = free_ports(1)
    settings = local_settings(tmp_path, trace_to=f"http://127.0.0.1:{nobody}", trace_share=1.0)
    tracer = open_tracer(settings, Metrics())
    assert tracer is not None
    began_s = time.monotonic()
    for _ in range(3 * MAX_WAITING_SPANS):
        tracer.begin_call(METHOD, ()).end()
    took_s = time.monotonic() - began_s
    tracer.close()
    # Batch after batch would take a minute: one that does not arrive is enough at the end.
    assert time.monotonic() - began_s < 20
    # One attempt to send takes `SEND_WITHIN_S`; this many batches would take a minute.
    assert took_s < 3 * MAX_WAITING_SPANS / MAX_SENT_AT_ONCE * SEND_WITHIN_S / 2

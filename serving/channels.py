"""Connections to neighbours that find replicas, skip sick ones and never wait without limit."""

import json
from collections.abc import Callable
from typing import Any

import grpc

from serving.outgoing import Outgoing
from serving.request_id import METADATA_KEY, current_request_id
from serving.tracing import span as tracing
from serving.tracing.span import Span


class MissingDeadlineError(Exception):
    """A bug of ours: a call without a timeout would wait for ever."""


class DeadlineInterceptor(grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[type-arg]
    """Refuses calls without a timeout and passes the request id on."""

    async def intercept_unary_unary(
        self,
        continuation: Callable[[grpc.aio.ClientCallDetails, Any], Any],
        client_call_details: grpc.aio.ClientCallDetails,
        request: Any,
    ) -> Any:
        if client_call_details.timeout is None:
            method = client_call_details.method
            name = method.decode() if isinstance(method, bytes) else method
            raise MissingDeadlineError(f"{name} called without timeout=")
        metadata = client_call_details.metadata
        if metadata is not None:
            for key, value in outgoing_metadata():
                if key not in metadata:
                    metadata.add(key, value)
        return await continuation(client_call_details, request)


def outgoing_metadata(span: Span | None = None) -> tuple[tuple[str, str], ...]:
    """What every call tells the neighbour beside its request: the request id, and its span."""
    request_id = current_request_id()
    metadata = ((METADATA_KEY, request_id),) if request_id else ()
    return metadata if span is None else (*metadata, (tracing.METADATA_KEY, span.traceparent))


def open_channel(
    address: str,
    service: str,
    *,
    max_message_bytes: int = 4 * 1024 * 1024,
    credentials: grpc.ChannelCredentials | None = None,
) -> grpc.aio.Channel:
    """Open a channel to all replicas behind an address. Connects on first use.

    For commands: services of the ring call each other through `open_neighbour`.

    Calls are spread round robin over replicas whose health says SERVING for `service`. Nothing is
    retried: the caller knows what is left of its deadline.

    Args:
        address: `host:port`, `dns:///host:port`, or `ipv4:host:port,host:port`.
        service: Full name of the service that will be called.
        credentials: TLS; plain text without.
    """
    options = _options(service, max_message_bytes)
    interceptors: list[Any] = [DeadlineInterceptor()]  # the stubs do not know the class
    if credentials is None:
        return grpc.aio.insecure_channel(address, options=options, interceptors=interceptors)
    return grpc.aio.secure_channel(address, credentials, options=options, interceptors=interceptors)


def open_replica_channel(
    address: str,
    service: str,
    *,
    max_message_bytes: int,
    outgoing: Outgoing,
    authority: str | None = None,
) -> grpc.aio.Channel:
    """Open a channel to one replica, without an interceptor: see `serving.replicas`.

    Args:
        outgoing: What this process shows to those it calls.
        authority: Name that the replica's certificate is for, where `address` is looked up from it.
    """
    options = _options(service, max_message_bytes)
    if authority is not None:
        options.append(("grpc.default_authority", authority))
    return outgoing.channel(address, options)


def _options(service: str, max_message_bytes: int) -> list[tuple[str, Any]]:
    config = {
        "loadBalancingConfig": [{"round_robin": {}}],
        "healthCheckConfig": {"serviceName": service},
    }
    return [
        ("grpc.service_config", json.dumps(config)),
        ("grpc.enable_retries", 0),
        ("grpc.max_receive_message_length", max_message_bytes),
        ("grpc.max_send_message_length", max_message_bytes),
        # By default a replica that restarts is left alone for a second and more. The minimum also
        # bounds how long one attempt to connect may take.
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 1_000),
        ("grpc.max_reconnect_backoff_ms", 1_000),
        # Above the servers' `min_ping_interval_without_data_ms`, or they hang up on us.
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 5_000),
        ("grpc.keepalive_permit_without_calls", 1),
    ]

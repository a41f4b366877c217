"""What happens around every unary call on the server: one place for statuses, counts and gates.

Callers get the status and message of errors raised on purpose, and never the text of others.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import grpc
import structlog

from serving.calls_in_flight import CallsInFlight
from serving.deadline import DEFAULT_MS, Deadline
from serving.ending import Ending, ending_said, set_ending
from serving.errors import DependencyError, FeedError
from serving.gates import Call, Gate
from serving.metrics import RPC_CALLS, RPC_IN_FLIGHT, RPC_LATENCY
from serving.metrics_recorder import Metrics
from serving.request_id import bind_request_id
from serving.rich_status import public_message, status_code, trailing_details
from serving.serving_loop import expect_another_call, set_urgent
from serving.tracing.span import CURRENT, Span
from serving.written_answer import written_or

if TYPE_CHECKING:
    from serving.tracing.tracer import Tracer

Behaviour = Callable[[Any, Any], Awaitable[Any]]
Handler = Any
"""`grpc.RpcMethodHandler`, generic in its stubs and not at run time."""

UNGATED = "/grpc."
"""Methods of gRPC itself: health and reflection."""

log = structlog.get_logger()


class CallInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]
    """Wraps the unary methods of all services of a server; streams (health, reflection) pass.

    A call that arrives with under `min_remaining_ms` left is refused before any work, and so is
    one that a gate refuses; health and reflection meet no gates, or a busy server would look dead.
    Whatever leaves a handler becomes a status: an error of the tree its own, any other `INTERNAL`
    without text, and so does a `CancelledError` the caller did not cause, which gRPC would never
    answer.
    """

    def __init__(
        self,
        metrics: Metrics,
        in_flight: CallsInFlight,
        gates: Sequence[Gate] = (),
        *,
        min_remaining_ms: float,
        default_deadline_ms: float = DEFAULT_MS,
        tracer: "Tracer | None" = None,
    ) -> None:
        self._metrics = metrics
        self._tracer = tracer
        self._gates = gates
        self._in_flight = in_flight
        self._in_flight_gauge = metrics.gauge(RPC_IN_FLIGHT)
        self._min_remaining_ms = min_remaining_ms
        self._default_deadline_ms = default_deadline_ms
        self._wrapped: dict[str, Handler] = {}

    async def intercept_service(
        self,
        continuation: Callable[[Any], Awaitable[Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        expect_another_call()
        method = handler_call_details.method
        handler = self._wrapped.get(method)
        if handler is not None:
            return handler
        handler = await continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler
        return self.wrap(method, handler)

    def wrap(self, method: str, handler: Handler) -> Handler:
        """A unary handler as callers meet it, the same one whichever way they come."""
        if method not in self._wrapped:
            self._wrapped[method] = grpc.unary_unary_rpc_method_handler(
                self.guarded(method, handler.unary_unary),
                request_deserializer=handler.request_deserializer,
                response_serializer=written_or(handler.response_serializer),
            )
        return self._wrapped[method]

    def guarded(self, method: str, behaviour: Behaviour) -> Behaviour:
        """`behaviour` with everything around it that this class is for."""
        latency = self._metrics.histogram(RPC_LATENCY, method)
        gates = () if method.startswith(UNGATED) else self._gates

        async def answer(request: Any, context: Any) -> Any:
            started = time.perf_counter()
            span = self._begin(method, context)
            status = grpc.StatusCode.INTERNAL
            deadline = Deadline.of_call(context, default_ms=self._default_deadline_ms)
            call = Call(method, context, request=request, deadline=deadline)
            passed = 0
            try:
                call.deadline.require(self._min_remaining_ms)
                for gate in gates:
                    turn = gate.enter(call)
                    if turn is not None:
                        await turn
                    passed += 1
                set_urgent(False)
                set_ending(Ending.WHOLE)
                response = await behaviour(request, context)
                status = grpc.StatusCode.OK
                return response
            except FeedError as error:
                status = status_code(error)
                _report(method, error)
                await context.abort(status, public_message(error), trailing_details(error))
            except asyncio.CancelledError:
                if _caller_gave_up():
                    status = grpc.StatusCode.CANCELLED
                    raise
                log.exception("cancelled from within", method=method)
                await context.abort(status, "internal error")
            except Exception:
                log.exception("unexpected error", method=method)
                await context.abort(status, "internal error")
            finally:
                set_urgent(True)
                elapsed_ms = (time.perf_counter() - started) * 1_000
                ending = ending_said() if status is grpc.StatusCode.OK else Ending.FAILED
                for gate in reversed(gates[:passed]):
                    gate.leave(call, ending)
                self._end()
                if span is not None:
                    span.end(status.name)
                latency.observe(elapsed_ms)
                self._metrics.counter(RPC_CALLS, method, status.name).inc()

        return answer

    def _begin(self, method: str, context: Any) -> Span | None:
        self._in_flight.begin()
        self._in_flight_gauge.inc()
        metadata = context.invocation_metadata()
        bind_request_id(metadata)
        if self._tracer is None or method.startswith(UNGATED):
            return None
        span = self._tracer.begin_call(method, metadata)
        CURRENT.set(span)
        if span.trace_id:
            structlog.contextvars.bind_contextvars(trace_id=span.trace_id)
        else:  # a call on a line would keep that of the line
            structlog.contextvars.unbind_contextvars("trace_id")
        return span

    def _end(self) -> None:
        self._in_flight.end()
        self._in_flight_gauge.dec()


def _caller_gave_up() -> bool:
    """Whether gRPC cancelled this very task, as opposed to a cancelled future awaited in it."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _report(method: str, error: FeedError) -> None:
    if error.status == FeedError.status:
        log.error("internal error", method=method, exc_info=error)
    elif isinstance(error, DependencyError):
        log.warning("dependency failed", method=method, cause=str(error))
    else:
        log.debug("refused", method=method, status=error.status, cause=str(error))

"""Whether every process answers its health check."""

import asyncio
from collections.abc import Sequence

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from feedrank.checkup.finding import Finding
from feedrank.checkup.live.connection import TLS_ADVICE, connection_problem
from feedrank.client_access import ClientAccess
from feedrank.running_stack import RunningProcess

TIMEOUT_S = 3.0


async def health(processes: Sequence[RunningProcess], access: ClientAccess) -> list[Finding]:
    """One finding per process with an address, all asked at once."""
    asked = [process for process in processes if process.address]
    return list(await asyncio.gather(*(_health(process, access) for process in asked)))


async def _health(process: RunningProcess, access: ClientAccess) -> Finding:
    subject = f"{process.name} at {process.address}"
    credentials = access.credentials()
    if credentials is None:
        channel = grpc.aio.insecure_channel(process.address)
    else:
        channel = grpc.aio.secure_channel(process.address, credentials)
    async with channel:
        stub = health_pb2_grpc.HealthStub(channel)
        try:
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT_S)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                problem = await connection_problem(process.address, access.shown())
                if problem is not None:
                    return Finding(subject, "bad", problem, TLS_ADVICE)
            return _silent(subject, error.code())
    if answer.status == health_pb2.HealthCheckResponse.SERVING:
        return Finding(subject, "good", "ready")
    advice = "wait if it has just started; else its log says what it waits for, or why it drains"
    return Finding(subject, "bad", "alive and not ready", advice)


def _silent(subject: str, code: grpc.StatusCode) -> Finding:
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        advice = "it hangs: its log has the stack (`event loop blocked`); then restart it"
        return Finding(subject, "bad", f"no answer within {TIMEOUT_S:g} s", advice)
    if code is grpc.StatusCode.UNAVAILABLE:
        advice = "start it; if it runs, check the address"
        return Finding(subject, "bad", "nobody answers", advice)
    return Finding(subject, "bad", f"answers {code.name}", "is that a server of feedrank?")

"""Admission shares by who calls, and a certificate says who that is."""

import asyncio

import grpc

from serving.access.roles import Role
from serving.metrics import RPC_IN_FLIGHT
from serving.metrics_recorder import Metrics
from serving.server import GrpcServer
from serving.tls import channel_credentials
from tests.serving.certificates import Authority
from tests.serving.echo_service import local_settings
from tests.serving.test_metrics import value_of

SERVICE = "feedrank.v1.RankerService"
METHOD = f"/{SERVICE}/Rank"
FLOODER, OTHER = "spiffe://shop/flooder", "spiffe://shop/other"
FLOOD = 20


async def test_a_flood_under_one_certificate_delays_another_by_one_call(tmp_path):
    authority = Authority(tmp_path)
    key, certificate = authority.certify("localhost")
    settings = local_settings(
        tmp_path,
        tls_key=key,
        tls_certificate=certificate,
        tls_authority=authority.path,
        callers={FLOODER: {Role.INTERNAL}, OTHER: {Role.INTERNAL}},
        admission_min_running=1,
        admission_max_running=1,
    )
    metrics = Metrics()
    server = GrpcServer(settings, metrics)
    order: list[bytes] = []
    begin = asyncio.Event()

    async def answer(request: bytes, _context: grpc.aio.ServicerContext) -> bytes:
        order.append(request)
        await begin.wait()
        return request

    handler = grpc.unary_unary_rpc_method_handler(answer)
    server.grpc_server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(SERVICE, {"Rank": handler}),)
    )
    await server.start([SERVICE])
    tasks: list[asyncio.Task[bytes]] = []

    async def send(channel: grpc.aio.Channel, name: str, count: int) -> None:
        async def one() -> bytes:
            return await channel.unary_unary(METHOD)(name.encode(), timeout=30)

        waiting = len(tasks) + count
        tasks.extend(asyncio.create_task(one()) for _ in range(count))
        async with asyncio.timeout(30):
            while value_of(metrics, RPC_IN_FLIGHT.name) != f"{waiting}.0":  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    def channel(name: str) -> grpc.aio.Channel:
        credentials = channel_credentials(authority.path, *authority.certify(name))
        return grpc.aio.secure_channel(f"127.0.0.1:{server.port}", credentials)

    async with channel(FLOODER) as flooder, channel(OTHER) as other:
        await send(flooder, FLOODER, FLOOD)
        await send(other, OTHER, 1)
        begin.set()
        await asyncio.gather(*tasks)
    await server.drain()
    assert len(order) == FLOOD + 1
    # One runs, one of the flood was first in the rotation, and then it is the other's turn.
    assert order.index(OTHER.encode()) <= 2

import socket
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from feedrank.checkup.port import check_port
from feedrank.client import SERVICE
from feedrank.real.ports import free_ports


def test_a_port_nobody_listens_on_is_free():
    [port] = free_ports(1)
    assert (check_port(port).verdict, check_port(port).found) == ("good", "free")


def test_a_port_of_some_other_program_is_bad():
    with socket.create_server(("127.0.0.1", 0)) as other:
        # Whoever is asked for its health hangs up, as a program of another protocol does.
        port = other.getsockname()[1]
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: other.accept()[0].close())
            finding = check_port(port)
    assert (finding.verdict, finding.found[:5]) == ("bad", "taken")
    assert "another --port" in finding.advice


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (health_pb2.HealthCheckResponse.SERVING, "good"),
        (health_pb2.HealthCheckResponse.NOT_SERVING, "optional"),
    ],
)
def test_a_server_of_ours_is_recognised(status, verdict):
    servicer = health.HealthServicer()
    servicer.set(SERVICE, status)
    server = grpc.server(ThreadPoolExecutor(2))
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        finding = check_port(port)
    finally:
        server.stop(0).wait()
    assert finding.verdict == verdict
    assert "feedrank server" in finding.found

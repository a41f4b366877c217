import shutil
import subprocess
from pathlib import Path

import grpc
import pytest

from serving.access.roles import METHOD_ROLES, VIEWERS, Role
from serving.channels import open_channel
from serving.metrics_recorder import Metrics
from serving.server import GrpcServer
from serving.tls import channel_credentials
from tests.serving.echo_service import METHOD, SERVICE, add_echo, local_settings

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


@pytest.fixture(scope="module")
def key_pair(tmp_path_factory) -> tuple[Path, Path]:
    """A key and a certificate for localhost, signed by itself: its own authority."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    named = ["-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    written = ["-days", "2", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*new, *named, *written], check=True, capture_output=True)
    return key, certificate


async def echoed_over(tmp_path, credentials, **tls_fields) -> bytes:
    server = GrpcServer(local_settings(tmp_path, **tls_fields), Metrics())
    add_echo(server)
    await server.start([SERVICE])
    await server.mark_serving(SERVICE)
    address = f"localhost:{server.port}"
    try:
        async with open_channel(address, SERVICE, credentials=credentials) as channel:
            return await channel.unary_unary(METHOD)(b"hello", timeout=5)
    finally:
        await server.drain()


async def test_a_client_that_trusts_the_authority_is_answered(tmp_path, key_pair):
    key, certificate = key_pair
    fields = {"tls_certificate": certificate, "tls_key": key}
    assert await echoed_over(tmp_path, channel_credentials(certificate), **fields) == b"hello"


async def test_plain_text_is_not_answered(tmp_path, key_pair):
    key, certificate = key_pair
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await echoed_over(tmp_path, None, tls_certificate=certificate, tls_key=key)
    assert raised.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_with_an_authority_only_clients_it_signed_are_answered(
    tmp_path, key_pair, monkeypatch
):
    monkeypatch.setitem(METHOD_ROLES, METHOD, VIEWERS)
    key, certificate = key_pair
    fields = {"tls_certificate": certificate, "tls_key": key, "tls_authority": certificate}
    fields["callers"] = {"localhost": {Role.VIEWER_FACING}}
    known = channel_credentials(certificate, key, certificate)
    assert await echoed_over(tmp_path, known, **fields) == b"hello"
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await echoed_over(tmp_path, channel_credentials(certificate), **fields)
    assert raised.value.code() is grpc.StatusCode.UNAVAILABLE

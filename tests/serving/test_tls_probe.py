"""What is wrong with a TLS server is said in words: gRPC calls all of it unavailable."""

import grpc
import pytest

from serving.tls_probe import shown_by, tls_problem
from tests.serving.certificates import Authority
from tests.serving.echo_service import local_settings
from tests.serving.test_tls import RING, Ring, Role


@pytest.fixture
def authority(tmp_path) -> Authority:
    return Authority(tmp_path)


def of(folder, authority, key_pair):
    """Settings of a service with this certificate."""
    key, certificate = key_pair
    files = {"tls_key": key, "tls_certificate": certificate, "tls_authority": authority.path}
    return local_settings(folder, **files, callers={RING: {Role.INTERNAL}})


async def problem_of(ring: Ring, settings, name: str | None = None) -> str | None:
    return await tls_problem("127.0.0.1", ring.server.port, name, shown_by(settings))


@pytest.fixture
async def ring(tmp_path, authority):
    settings = of(tmp_path, authority, authority.certify(RING, "ranker.shop"))
    async with Ring(tmp_path, **settings.model_dump(exclude_unset=True, exclude={"port"})) as ring:
        yield ring


async def test_nothing_is_wrong_between_services_of_one_authority(ring):
    assert await problem_of(ring, ring.settings) is None
    assert await problem_of(ring, ring.settings, "ranker.shop") is None


async def test_files_of_our_own_that_are_gone_or_no_good(ring, tmp_path):
    settings = ring.settings.model_copy(update={"tls_authority": tmp_path / "gone"})
    assert "our own TLS files are no good" in (await problem_of(ring, settings) or "")
    (tmp_path / "half").write_text("-----BEGIN CERTIFICATE-----")
    settings = ring.settings.model_copy(update={"tls_certificate": tmp_path / "half"})
    assert "our own TLS files are no good" in (await problem_of(ring, settings) or "")


async def test_another_name(ring):
    assert "mismatch" in (await problem_of(ring, ring.settings, "graph.shop") or "")


async def test_an_unknown_authority_of_the_server(ring, tmp_path):
    other = Authority(tmp_path, "other")
    settings = of(tmp_path, other, other.certify("guest.shop"))
    assert "unable to get local issuer" in (await problem_of(ring, settings) or "")


async def test_an_unknown_authority_of_the_client(ring, tmp_path, authority):
    other = Authority(tmp_path, "other")
    settings = of(tmp_path, authority, other.certify("guest.shop"))
    assert "hung up on this certificate" in (await problem_of(ring, settings) or "")


async def test_a_certificate_that_has_expired(ring, tmp_path, authority):
    settings = of(tmp_path, authority, authority.certify("late.shop", days=-1))
    assert "hung up on this certificate" in (await problem_of(ring, settings) or "")


async def test_plain_text(ring):
    server = grpc.aio.server()
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    problem = await tls_problem("127.0.0.1", port, None, shown_by(ring.settings))
    await server.stop(None)
    assert "plain text" in (problem or "")


async def test_nobody_there(ring):
    assert "no connection" in (
        await tls_problem("127.0.0.1", 1, None, shown_by(ring.settings)) or ""
    )

"""The development authority: what it signs is good for our servers, is kept, and is renewed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from feed_assembly.key_ring import KeyRing
from serving.access.roles import Role
from serving.metrics_endpoint import MetricsEndpoint
from serving.metrics_recorder import Metrics
from serving.probes import Probe
from serving.server import GrpcServer
from tests.serving.echo_service import SERVICE, add_echo, local_settings

REPOSITORY = Path(__file__).parents[2]
SCRIPT = REPOSITORY / "deploy" / "compose" / "certificates.sh"
READY = REPOSITORY / "deploy" / "docker" / "ready.py"
EVERYWHERE = "0.0.0.0"


def make(folder: Path, *names: str) -> str:
    """Run the script, with our command on its path; returns what it says."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [SCRIPT, folder, *names],
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("certificates")
    make(made, "ranker", "feed-assembly=feed-assembly-0,feed-assembly-1")
    return made


def tls_settings(folder: Path, name: str = "ranker") -> dict[str, object]:
    return {
        "tls_certificate": folder / name / "tls.crt",
        "tls_key": folder / name / "tls.key",
        "tls_authority": folder / name / "ca.crt",
        "callers": {"candidate-gen": {Role.INTERNAL}},
        "host": EVERYWHERE,
    }


@pytest.mark.parametrize(
    ("name", "called"), [("ranker", "ranker"), ("feed-assembly", "feed-assembly-1")]
)
async def test_a_server_starts_with_what_was_made(tmp_path, folder, name, called):
    settings = local_settings(tmp_path, **tls_settings(folder, name), tls_name=called)
    server = GrpcServer(settings, Metrics())
    add_echo(server)
    await server.start([SERVICE])  # it calls itself over TLS
    assert await server.drain() == 0


def test_what_is_good_is_kept(folder):
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert make(folder, "ranker", "feed-assembly=feed-assembly-0,feed-assembly-1") == ""
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_what_a_new_authority_did_not_sign_is_made_again(folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    shutil.rmtree(copy / "authority")
    old = (copy / "ranker" / "tls.crt").read_text()
    make(copy, "ranker")
    authority = (copy / "ranker" / "ca.crt", copy / "ranker" / "tls.crt")
    subprocess.run(["openssl", "verify", "-CAfile", *authority], check=True, capture_output=True)
    assert (copy / "ranker" / "tls.crt").read_text() != old


def test_keys_are_for_their_owner_only(folder):
    keys = [*folder.glob("*/tls.key"), folder / "authority" / "ca.key"]
    assert len(keys) == 3
    expected = {0o600}
    assert {path.stat().st_mode & 0o777 for path in keys} == expected


def test_pages_have_a_key_that_signs_at_once(folder):
    ring = KeyRing.read(folder / "feed-assembly" / "page_token.keys")
    assert len(ring.keys) == 1


def asked(port: int, **variables: str) -> subprocess.CompletedProcess[str]:
    """What the health check of a container says."""
    return subprocess.run(
        [sys.executable, READY],
        env={"PATH": os.environ["PATH"], "FEEDRANK_METRICS_PORT": str(port), **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(("problem", "exit_code"), [(None, 0), ("loading", 1)])
def test_the_health_check_of_a_container_believes_the_certificate(
    tmp_path, folder, problem, exit_code
):
    pages: dict[str, Probe] = {"/readyz": lambda: problem}
    settings = local_settings(tmp_path, **tls_settings(folder), metrics_host=EVERYWHERE)
    endpoint = MetricsEndpoint(Metrics(), settings, 0, pages)
    try:
        found = asked(endpoint.port, FEEDRANK_TLS_AUTHORITY=str(folder / "ranker" / "ca.crt"))
    finally:
        endpoint.close()
    assert found.returncode == exit_code
    assert ("503" in found.stderr) == bool(problem)


def test_the_health_check_of_a_container_may_be_in_plain_text(tmp_path):
    endpoint = MetricsEndpoint(Metrics(), local_settings(tmp_path), 0, {"/readyz": lambda: None})
    try:
        assert asked(endpoint.port).returncode == 0
    finally:
        endpoint.close()
    assert "not ready" in asked(endpoint.port).stderr

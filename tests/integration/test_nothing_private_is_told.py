"""Real processes fail in every way we know; no answer and no log line tells what is private."""

import shutil
import sys
from pathlib import Path

import grpc
import pytest

from feedrank.real.ports import free_ports
from feedrank.real.server_process import ServerStartError
from feedrank.service_process import ServiceProcess
from generation.publish import current
from protos import events_pb2, feed_pb2
from serving.access.roles import METHOD_ROLES, Role
from tests.integration.caller import until
from tests.integration.private_texts import PrivateTexts, told_by
from tests.integration.secured import GATEWAY
from tests.real.secured_kafka import USER
from tests.serving.certificates import Authority

ROOT = Path(__file__).parents[2]
VIEWER = 8_000_001
INNARDS = ("Traceback", 'File "', ".py", "Errno", "127.0.0.1", "redis://", "kafka://", "rocksdb")
"""What answers do not show of how we are made."""


def ranker_process(folder, generations, module: str = "ranker.main", **variables: str):
    given = {"FEEDRANK_GENERATIONS": str(generations), "FEEDRANK_HOME": str(folder / "home")}
    [port] = free_ports(1)
    return ServiceProcess("ranker", module, folder / "logs", port, {**given, **variables})


def failures(call, *args, **fields) -> list[grpc.RpcError]:
    try:
        call(*args, **fields)
    except grpc.RpcError as error:
        return [error]
    return []


def refusals(secured, token: str) -> list[grpc.RpcError]:
    """One of each kind that callers can bring about."""
    errors: list[grpc.RpcError] = []

    def note(call, *args, **fields) -> None:
        errors.extend(failures(call, *args, **fields))

    with secured.edge(token) as gateway:
        page = gateway.feed(VIEWER, 10)
        note(gateway.feed, VIEWER + 1, 10, page_token=page.next_page_token)
        note(gateway.feed, VIEWER, 10, page_token=page.next_page_token[:-3] + "AAA")
        note(gateway.feed, VIEWER, 10, page_token="/etc/passwd\x00")
        note(gateway.feed, -1)
        note(gateway.feed, VIEWER, 100_000)
        note(gateway.feed, VIEWER, request_id="x" * 100_000)
        note(gateway.delete, 1)
    for wrong in (None, "no-token", secured.token(Role.INTERNAL), token[:-4] + "AAAA"):
        with secured.edge(wrong) as stranger:
            note(stranger.feed, VIEWER)
    for method in METHOD_ROLES:
        if "FeedService" not in method:
            for name in (GATEWAY, "candidate_gen"):
                error = secured.raw_call(method, secured.tls.credentials(name))
                if error is not None:
                    errors.append(error)
    return errors


def check_answers(private: PrivateTexts, errors: list[grpc.RpcError]) -> None:
    for error in errors:
        told = told_by(error)
        assert private.within(told) == [], told
        assert not [word for word in INNARDS if word in told], told


def test_neither_refusals_nor_lost_stores_tell_what_is_private(secured):
    token = secured.token(Role.VIEWER_FACING)
    errors = refusals(secured, token)
    assert len(errors) >= 15
    statuses = {error.code().name for error in errors}
    assert {"INVALID_ARGUMENT", "UNAUTHENTICATED", "PERMISSION_DENIED"} <= statuses
    redis = secured.ring.named("redis")
    redis.kill()
    with secured.edge(token) as gateway:
        for viewer in range(VIEWER, VIEWER + 5):
            errors += failures(gateway.feed, viewer)
    redis.start()
    kafka = secured.ring.named("kafka")
    kafka.pause()
    with secured.edge(token) as gateway:
        for number in range(3):
            action = {"action_id": f"{number}", "viewer_id": VIEWER, "item_id": number}
            request = feed_pb2.LogActionsRequest(
                actions=[feed_pb2.Action(kind=events_pb2.LIKE, **action)]
            )
            errors += failures(gateway.stub.LogActions, request, timeout=1.0)
    kafka.resume()
    private = PrivateTexts([secured.folder], [token])
    check_answers(private, errors)
    for process in secured.ring.services:
        log = process.log_path.read_text()
        assert private.within(log) == [], process.name
    assert "access refused" in secured.log("feed_assembly")
    with secured.edge(token) as gateway:
        viewers = iter(range(9_000_000, 9_100_000))
        page = until(
            lambda: gateway.feed(next(viewers)), lambda page: not page.receipt.degraded_reasons
        )
        assert not page.receipt.degraded_reasons, page.receipt


def test_a_bug_is_told_to_nobody_and_logged_without_folders(world, tmp_path):
    process = ranker_process(
        tmp_path, world.generations, "tests.integration.faulty_ranker", PYTHONPATH=str(ROOT)
    )
    with process, grpc.insecure_channel(process.address) as channel:
        with pytest.raises(grpc.RpcError) as raised:
            channel.unary_unary("/feedrank.v1.RankerService/Rank")(b"", timeout=10)
        assert (raised.value.code().name, raised.value.details()) == ("INTERNAL", "internal error")
        assert not [word for word in INNARDS if word in told_by(raised.value)]
        [line] = [x for x in process.log_path.read_text().splitlines() if "unexpected error" in x]
    assert "home/lost.onnx" in line
    assert "faulty_ranker.py" in line
    for folder in (tmp_path, world.generations, sys.prefix):
        assert str(folder) not in line


@pytest.mark.parametrize("harm", ["missing", "damaged", "secret in the settings", "wrong key"])
def test_a_process_that_cannot_start_says_why_without_folders(world, tmp_path, harm):
    generations = tmp_path / "generations"
    shutil.copytree(world.generations, generations, symlinks=True)
    model = next(current(generations).rglob("*.onnx"))
    variables, named = {}, f"generations/{current(generations).name}"
    if harm == "missing":
        model.unlink()
    elif harm == "damaged":
        model.chmod(0o644)
        model.write_bytes(model.read_bytes()[:-1] + b"?")
    elif harm == "wrong key":
        authority = Authority(tmp_path)
        (_, certificate), (key, _) = authority.certify("a.shop"), authority.certify("b.shop")
        named = "tls_key does not belong to tls_certificate"
        variables = {"FEEDRANK_TLS_CERTIFICATE": str(certificate), "FEEDRANK_TLS_KEY": str(key)}
    else:
        named = "FEEDRANK_STATE"
        variables = {named: "redes://feed:pa55word@host:6379/0"}
    process = ranker_process(tmp_path, generations, **variables)
    with pytest.raises(ServerStartError, match="ended with status 2"):
        process.start()
    log = process.log_path.read_text()
    assert named in log
    assert str(tmp_path) not in log
    assert "pa55word" not in log


@pytest.mark.kafka
def test_a_bus_that_refuses_a_process_does_not_stop_it_and_its_log_says_why(world, kafka, tmp_path):
    wrong = tmp_path / "bus-password"
    wrong.write_text("wr0ng-password")
    login = kafka.tls_address(kafka.login_port)
    bus = f"{login}&user={USER}&password_file={wrong}&mechanism=PLAIN"
    variables = {"FEEDRANK_BUS": bus, "FEEDRANK_LOG_LEVEL": "debug"}
    with ranker_process(tmp_path, world.generations, **variables) as process:
        assert process.is_alive()
    log = process.log_path.read_text()
    assert f"refuses user '{USER}' or the password (PLAIN); to do: correct user and password" in log
    for private in ("wr0ng-password", str(tmp_path), str(kafka.folder)):
        assert private not in log

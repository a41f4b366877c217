"""The whole check against servers that run, and against nobody."""

import json

import pytest
import typer
from typer.testing import CliRunner

from feedrank.checkup.live.live import check_live
from feedrank.commands.doctor import doctor
from feedrank.real.ports import free_ports
from feedrank.running_stack import RunningProcess, RunningStack
from serving.metrics_recorder import Metrics
from serving.server import GrpcServer
from tests.serving.echo_service import SERVICE, add_echo, local_settings

app = typer.Typer()
app.command()(doctor)


@pytest.fixture
async def server(tmp_path):
    server = GrpcServer(local_settings(tmp_path, metrics_port=0), Metrics())
    add_echo(server)
    await server.start([SERVICE])
    yield server
    await server.drain()


def running(server: GrpcServer) -> RunningStack:
    metrics = f"127.0.0.1:{server.metrics_port}"
    return RunningStack([RunningProcess("echo", "echo", f"127.0.0.1:{server.port}", metrics)])


async def test_a_server_is_ready_or_not(server):
    findings = await check_live(running(server))
    assert (findings[0].verdict, findings[0].found) == ("bad", "alive and not ready")
    await server.mark_serving(SERVICE)
    findings = await check_live(running(server))
    assert (findings[0].verdict, findings[0].found) == ("good", "ready")
    assert all(finding.verdict == "good" for finding in findings), findings
    assert {"clocks", "pages", "event loops"} <= {finding.subject for finding in findings}


async def test_who_does_not_answer_is_named_with_what_to_do(server):
    address, metrics = (f"127.0.0.1:{port}" for port in free_ports(2))
    gone = RunningProcess("gone", "gone", address, metrics)
    findings = await check_live(RunningStack([*running(server).processes, gone]))
    bad = {finding.subject: finding for finding in findings if finding.verdict == "bad"}
    assert bad[f"gone at {address}"].found == "nobody answers"
    assert metrics in bad["metrics of gone"].found


async def test_without_metrics_it_says_so(server):
    address = f"127.0.0.1:{server.port}"
    findings = await check_live(RunningStack([RunningProcess("echo", "echo", address)]))
    assert findings[-1].subject == "metrics"
    assert findings[-1].verdict == "optional"


def run(*arguments):
    words = [str(word) for word in arguments]
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, words)


def test_where_nothing_runs_it_says_how_to_name_processes(tmp_path):
    shown = run("--live", "--home", tmp_path)
    assert shown.exit_code != 0
    assert "HOST:PORT" in shown.output


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "stack.json").write_text("{}")
    shown = run("--live", "--home", tmp_path)
    assert shown.exit_code != 0
    assert "stack.json is damaged" in shown.output.replace("\n", "")


def test_processes_that_are_named_are_asked():
    [nobody] = free_ports(1)
    shown = run("--live", f"127.0.0.1:{nobody}", "--metrics", f"http://127.0.0.1:{nobody}")
    assert shown.exit_code == 1
    assert f"127.0.0.1:{nobody}: nobody answers" in shown.stdout


def test_addresses_need_live(tmp_path):
    assert "--live" in run("127.0.0.1:1", "--home", tmp_path).output


def test_what_a_stack_leaves_is_read_again(tmp_path):
    stack = RunningStack(
        [RunningProcess("ranker.0", "ranker", "127.0.0.1:5", "127.0.0.1:6")],
        "kafka://x:1",
        "redis://y",
    )
    stack.write(tmp_path)
    assert RunningStack.read(tmp_path) == stack
    [target] = json.loads((tmp_path / "targets.json").read_text())
    assert target == {
        "targets": ["127.0.0.1:6"],
        "labels": {"service": "ranker", "process": "ranker.0"},
    }
    RunningStack.forget(tmp_path)
    assert list(tmp_path.iterdir()) == []

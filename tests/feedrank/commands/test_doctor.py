import typer
from typer.testing import CliRunner

from feedrank.commands.doctor import doctor
from feedrank.real.ports import free_ports
from tests.generation.tiny_generation import write_tiny_generation

app = typer.Typer()
app.command()(doctor)


def run(generations, home):
    [port] = free_ports(1)
    arguments = ["--generations", generations, "--home", home, "--port", port]
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, [str(word) for word in arguments])


def test_a_machine_that_can_serve_passes(tmp_path):
    write_tiny_generation(tmp_path / "generations")
    shown = run(tmp_path / "generations", tmp_path / "state")
    assert shown.exit_code == 0, shown.stdout
    assert "is whole" in shown.stdout


def test_whatever_is_not_good_says_what_to_do_on_its_own_line(tmp_path):
    shown = run(tmp_path, tmp_path / "state")
    assert shown.exit_code == 1
    lines = shown.stdout.splitlines()
    assert any(line.startswith("bad      generation:") for line in lines)
    assert all(line.startswith("good ") or "to do: " in line for line in lines)

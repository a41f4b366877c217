"""`feedrank up` refuses what could not work before it starts anything."""

from typer.testing import CliRunner

from feedrank.main import app
from feedrank.real.ports import free_ports


def test_a_folder_that_lacks_certificates_is_refused_by_name(tmp_path):
    (tmp_path / "tls").mkdir()
    [port] = free_ports(1)
    words = ["up", "--generations", "g", "--home", "h", "--port", port, "--tls", tmp_path / "tls"]
    shown = CliRunner(env={"COLUMNS": "300"}).invoke(app, [str(word) for word in words])
    assert shown.exit_code == 1
    assert "lacks ca.crt, callers.json, feed_assembly.crt" in shown.output.replace("\n", "")


def test_a_bus_that_cannot_be_meant_is_refused_without_its_password():
    [port] = free_ports(1)
    bus = "kafkas://shop:pa55word@b1.shop:9093"
    words = ["up", "--generations", "g", "--home", "h", "--port", str(port), "--bus", bus]
    shown = CliRunner(env={"COLUMNS": "300"}).invoke(app, words)
    assert shown.exit_code == 1
    assert "--bus: user and password stand before @" in shown.output.replace("\n", "")
    assert "pa55word" not in shown.output

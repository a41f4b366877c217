"""The process itself: it serves from its variables alone, and drains when told to end."""

from pathlib import Path

import pytest

from feedrank.real.ports import free_ports
from feedrank.service_process import ServiceProcess
from tests.generation.tiny_generation import write_tiny_generation


@pytest.fixture
def variables(tmp_path):
    write_tiny_generation(tmp_path / "generations")
    return {
        "FEEDRANK_GENERATIONS": str(tmp_path / "generations"),
        "FEEDRANK_HOME": str(tmp_path / "home"),
        "FEEDRANK_SHARD_ADDRESSES": '["127.0.0.1:1"]',
        "FEEDRANK_GRAPH_ADDRESS": "127.0.0.1:1",
        "FEEDRANK_RANKER_ADDRESS": "127.0.0.1:1",
        "FEEDRANK_UNHEALTHY_WAIT_S": "0",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }


def test_serves_while_its_neighbours_are_away_and_ends_in_order(tmp_path, variables):
    process = ServiceProcess(
        "candidate_gen", "candidate_gen.main", tmp_path / "run", free_ports(1)[0], variables
    )
    process.start()
    assert process.is_running
    process.stop()
    assert '"exit_code": 0' in process.log_path.read_text()

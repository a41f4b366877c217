from datetime import UTC, datetime

import pytest
import structlog

from serving.effort.rung import Rung
from serving.metrics_recorder import Metrics
from serving.switches.switch import Switch
from serving.switches.switch_file import Entry, SwitchFile
from serving.switches.switches import ALL_ON, Switches

KNOWN = (
    Switch("source", "popular"),
    Switch("source", "fresh"),
    Switch("filter", "age"),
    Switch("filter", "blocked", is_safety=True),
)
NOW_S = 1_000_000.0


class Lab:
    def __init__(self, folder):
        self.path = folder / "switches.toml"
        self.now_s = NOW_S
        self.metrics = Metrics()
        self.switches = Switches(KNOWN, self.path, self.metrics, lambda: self.now_s)

    def write(self, *keys, rung=Rung.FULL, unsafe=False, until_s=None):
        until = None if until_s is None else datetime.fromtimestamp(until_s, UTC)
        entries = {key: Entry(until, unsafe) for key in keys}
        SwitchFile(entries, rung, Entry(until)).write(self.path)
        self.switches.look()

    @property
    def off(self):
        return sorted(self.switches.now.off)

    def value(self, name, **labels):
        return self.metrics.registry.get_sample_value(name, labels)


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path)


def test_without_a_file_everything_is_on(lab):
    assert lab.switches.now is ALL_ON


def test_what_the_file_names_is_off(lab):
    lab.write("source:popular", rung=Rung.STORED)
    assert lab.off == ["source:popular"]
    assert lab.switches.now.rung == Rung.STORED
    assert lab.value("feedrank_switched_off_open", switch="source:popular") == 1
    assert lab.value("feedrank_rung_forced_open") == 3


def test_what_is_taken_out_of_the_file_is_on_again(lab):
    lab.write("source:popular")
    lab.write()
    assert lab.off == []
    assert lab.value("feedrank_switched_off_open", switch="source:popular") == 0


def test_without_its_file_everything_is_on_again(lab):
    lab.write("source:popular")
    lab.path.unlink()
    lab.switches.look()
    assert lab.off == []


def test_entries_expire(lab):
    lab.write("source:popular", rung=Rung.FLOOR, until_s=NOW_S + 60)
    lab.now_s += 59
    lab.switches.look()
    assert (lab.off, lab.switches.now.rung) == (["source:popular"], Rung.FLOOR)
    lab.now_s += 1
    lab.switches.look()
    assert (lab.off, lab.switches.now.rung) == ([], Rung.FULL)


@pytest.mark.parametrize("key", ["source:popula", "sauce:popular", "popular", "filter:popular"])
def test_an_unknown_name_changes_nothing_and_is_told_with_the_valid_ones(lab, key):
    lab.write("source:fresh")
    with structlog.testing.capture_logs() as lines:
        lab.write("source:popular", key)
    assert lab.off == ["source:fresh"]
    assert key in lines[0]["cause"]
    assert "there are" in lines[0]["cause"]
    assert lab.value("feedrank_switch_files_total", outcome="refused") == 1


def test_a_damaged_file_changes_nothing(lab):
    lab.write("source:fresh")
    lab.path.write_text("[off")
    lab.switches.look()
    assert lab.off == ["source:fresh"]


def test_names_of_kinds_that_only_others_have_are_theirs_to_check(lab):
    lab.write("rule:likeness", "source:fresh")
    assert lab.off == ["source:fresh"]


def test_safety_is_not_switched_off_in_passing(lab):
    lab.write("filter:blocked")
    assert lab.off == []


def test_who_means_it_is_heard_and_warned(lab):
    with structlog.testing.capture_logs() as lines:
        lab.write("filter:blocked", unsafe=True)
    assert lab.off == ["filter:blocked"]
    assert [line["event"] for line in lines if line["log_level"] == "error"] == [
        "UNSAFE: people may be shown what they must not be"
    ]


def test_an_unchanged_file_is_not_read_again(lab):
    lab.write("source:fresh")
    for _ in range(3):
        lab.switches.look()
    assert lab.value("feedrank_switch_files_total", outcome="taken") == 1


def test_reasons_and_names_are_told_by_kind(lab):
    lab.write("source:popular", "source:fresh", "filter:age")
    now = lab.switches.now
    assert now.names("source") == {"popular", "fresh"}
    assert now.reasons("filter", "source") == [
        "switched_off:filter:age",
        "switched_off:source:fresh",
        "switched_off:source:popular",
    ]

import resource

import pytest

from feedrank.checkup.finding import Finding
from feedrank.checkup.machine import (
    cores_finding,
    disk_finding,
    open_files_finding,
    threads_finding,
)


def test_fewer_cores_granted_than_seen_is_told():
    finding = cores_finding(64, 1.5)
    assert finding.verdict == "optional"
    assert finding.found.startswith("64 visible, 1.5 granted")
    assert "taskset -c 0-1" in finding.advice


@pytest.mark.parametrize("granted", [None, 4.0, 8.0])
def test_cores_without_a_smaller_limit_are_good(granted):
    assert cores_finding(4, granted).verdict == "good"


def test_numeric_libraries_should_have_one_thread_each():
    held = {"internal_api": "openblas", "num_threads": 1}
    assert threads_finding([held, held]).verdict == "good"
    finding = threads_finding([held, {"internal_api": "openmp", "num_threads": 8}])
    assert finding.verdict == "optional"
    assert "openmp has 8" in finding.found


@pytest.mark.parametrize(
    ("limit", "verdict"), [(1_024, "optional"), (4_096, "good"), (resource.RLIM_INFINITY, "good")]
)
def test_few_open_files_are_told(limit, verdict):
    assert open_files_finding(limit).verdict == verdict


def test_a_home_that_is_yet_to_be_made_is_judged_by_its_parent(tmp_path):
    finding = disk_finding(tmp_path / "not" / "yet")
    assert str(tmp_path) in finding.found
    assert not (tmp_path / "not").exists()


def test_a_file_in_the_place_of_the_home_is_bad(tmp_path):
    (tmp_path / "home").write_text("")
    finding = disk_finding(tmp_path / "home" / "state")
    assert (finding.verdict, finding.advice) == ("bad", "choose another --home")


def test_a_finding_that_is_not_good_says_what_to_do():
    with pytest.raises(ValueError, match="disk: bad without advice"):
        Finding("disk", "bad", "full")

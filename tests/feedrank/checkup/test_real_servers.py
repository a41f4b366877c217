import sys

from feedrank.checkup.real_servers import check_real_servers, java_finding


def test_without_a_jdk_the_command_that_installs_one_is_named():
    finding = java_finding(None)
    assert finding.verdict == "optional"
    assert "openjdk" in finding.advice
    assert "--engine local" in finding.advice


def test_a_jdk_is_named_by_its_path():
    assert java_finding(sys.executable).found.startswith(sys.executable)


def test_missing_servers_are_no_reason_to_fail(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    findings = check_real_servers()
    assert [finding.subject for finding in findings] == ["JDK", "Kafka", "Redis"]
    assert {finding.verdict for finding in findings} == {"optional"}

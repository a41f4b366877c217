"""An address says everything about a Kafka except what is secret."""

import re
from pathlib import Path

import pytest

from serving.bus.kafka_address import KafkaAddress
from serving.bus.open_bus import open_bus
from serving.errors import InvalidRequestError
from serving.settings_loading import SettingsError, load_settings
from tests.serving.echo_service import local_settings

LOGIN = "kafkas://b:9093?user=shop&password_file=/run/password"


def test_plain_text_is_just_servers():
    address = KafkaAddress.parse("kafka://one:9092,[::1]:9093")
    assert address == KafkaAddress("one:9092,[::1]:9093")


def test_tls_believes_the_system_or_an_authority():
    assert KafkaAddress.parse("kafkas://b:9093") == KafkaAddress("b:9093", tls=True)
    found = KafkaAddress.parse("kafkas://b:9093?authority=/tls/my%20ca+1.crt")
    assert found.authority == Path("/tls/my ca+1.crt")


def test_mutual_tls_and_a_login_may_come_together():
    found = KafkaAddress.parse(f"{LOGIN}&certificate=/tls/tls.crt&key=/tls/tls.key")
    assert (found.certificate, found.key) == (Path("/tls/tls.crt"), Path("/tls/tls.key"))
    assert (found.user, found.password_file) == ("shop", Path("/run/password"))
    assert found.mechanism == "SCRAM-SHA-512"


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("kafka://b:9092?authority=/ca", "authority is '/ca' and kafka:// is plain text"),
        ("kafka://127.0.0.1:9092?user=shop", "user is given and kafka:// is plain text"),
        ("kafkas://b:9093?key=/k", "key is '/k' without certificate: need both or none"),
        ("kafkas://b:9093?certificate=/c", "certificate is '/c' without key"),
        ("kafkas://b:9093?user=shop", "user with no password, need password_file or"),
        (f"{LOGIN}&password_variable=P", "with password_file and password_variable, need"),
        ("kafkas://b:9093?password_file=/p", "password_file is given without user"),
        ("kafkas://b:9093?mechanism=PLAIN", "mechanism is 'PLAIN' without user"),
        (f"{LOGIN}&mechanism=GSSAPI", "mechanism is 'GSSAPI', need one of SCRAM-SHA-512, SCRAM"),
        ("kafkas://b:9093?authority=ca.crt", "authority is 'ca.crt', need an absolute path"),
        ("kafkas://b:9093?authority=/a&authority=/b", "authority is given twice"),
        ("kafkas://b:9093?authority=", "authority is empty"),
        ("kafkas://b:9093?ca=/a", "option 'ca', need one of authority, certificate, key, user"),
        ("kafkas://b:9093?user=u&password_variable=A-B", "password_variable is no name"),
        ("kafkas://b:9093?user=u&password_variable=FEEDRANK_P", "FEEDRANK_… are settings"),
        ("kafkas://b", "with the scheme kafkas that is neither log://DIRECTORY"),
        ("kafkas://b:9093/?authority=/a", "neither log://DIRECTORY nor"),
    ],
)
def test_what_does_not_go_together_is_refused_by_name_and_value(address, problem):
    with pytest.raises(ValueError, match=re.escape(problem)):
        KafkaAddress.parse(address)


@pytest.mark.parametrize(
    "address",
    [
        "kafkas://shop:pa55word@b:9093",
        "kafka://shop:pa55word@b:9093",
        "kafkas://b:9093?user=shop&password=pa55word",
        "kafkass://b:9093?user=shop&password=pa55word",
        "kafkass://shop:pa55word@b:9093",
        "kafkas://shop:pa55word?/x@b:9093",
        "kafkas:/shop:pa55word@b:9093",
        "kafka//shop:pa55word@b:9093",
        "shop:pa55word@b:9093",
        "pa55word",
        "kafkass://shop:pa@pa55word@b:9093",
        "KAFKAS://shop:pa pa55word@b:9093",
        "kafkass://b:9093?user=shop&secret=pa55word",
        "kafkas://shop:1234?pa55word@b:9093",
        "kafkas://b:9093?user=shop&password_file=/pa&pa55word",
        "kafkas://shop:pa55word",
        "kafkas://b:9093?user=shop:pa55word",
        "kafkass://shop:x/pa55word?@b:9093",
        "kafkass://b:9093?user=shop&passwd=pa55word",
        "kafkas://b:9093?user=shop&passwd=pa55word",
        "kafkas://b:9093?user=shop&password_variable=pa55word!",
        "kafkas://b:9093?user=shop&password_file=pa55word",
        "kafka://b:9093?password_file=pa55word&user=shop",
    ],
)
def test_a_password_in_an_address_is_refused_and_not_shown(address, monkeypatch, tmp_path):
    with pytest.raises(InvalidRequestError) as raised:
        open_bus(address)
    assert "pa55word" not in str(raised.value)
    monkeypatch.setenv("FEEDRANK_BUS", address)
    for name in ("HOME", "GENERATIONS"):
        monkeypatch.setenv(f"FEEDRANK_{name}", str(tmp_path))
    with pytest.raises(SettingsError) as refused:
        load_settings(type(local_settings(tmp_path)))
    assert "FEEDRANK_BUS = " in str(refused.value)
    assert "pa55word" not in str(refused.value)

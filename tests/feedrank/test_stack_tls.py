"""What `feedrank up --tls` makes of a folder, and the commands of the guide that fill one."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from feedrank.stack import StackSettings, stack
from feedrank.stack_tls import TlsFolderError, tls_variables
from serving.access.settings import AccessSettings
from serving.settings_loading import SERVICES
from serving.tls_files import read_tls
from tests.integration.tls_folder import TlsFolder

GUIDE = Path(__file__).parents[2] / "docs" / "security.md"


def test_every_service_gets_its_own_pair_and_all_one_authority(tmp_path):
    tls = TlsFolder(tmp_path / "tls")
    settings = StackSettings(
        tmp_path / "generations",
        tmp_path / "home",
        50_100,
        shard_count=2,
        bus="kafka://host:9092",
        state="redis://host:6379/0",
        variables=tls.variables,
    )
    for process in stack(settings).services:
        service = process.name.partition("-")[0]
        # The supervisor asks for health with the files of the service itself.
        assert process._file("CERTIFICATE") == tls.folder / f"{service}.crt"
        assert process._file("KEY") == tls.folder / f"{service}.key"
        assert process._file("AUTHORITY") == tls.folder / "ca.crt"


def test_what_is_missing_is_named(tmp_path):
    tls = TlsFolder(tmp_path / "tls")
    (tls.folder / "ranker.key").unlink()
    (tls.folder / "callers.json").unlink()
    with pytest.raises(TlsFolderError, match=r"lacks callers\.json, ranker\.key"):
        tls_variables(tls.folder)


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_the_commands_of_the_guide_fill_such_a_folder(tmp_path):
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    [commands] = [block for block in blocks if "openssl req -x509" in block]
    subprocess.run(["bash", "-euc", commands], cwd=tmp_path, check=True, capture_output=True)
    folder = tmp_path / "tls"
    callers = tls_variables(folder)["FEEDRANK_CALLERS"]
    assert "viewer_facing" in callers
    for service in SERVICES:
        settings = AccessSettings(
            tls_certificate=folder / f"{service}.crt",
            tls_key=folder / f"{service}.key",
            tls_authority=folder / "ca.crt",
            tls_name="localhost",
            caller_keys=folder / "ca.crt",
        )
        assert f"spiffe://shop/{service}" in read_tls(settings).names

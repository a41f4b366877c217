import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
STUB_ENDINGS = ("_pb2.py", "_pb2.pyi", "_pb2_grpc.py", "_pb2_grpc.pyi")


def stubs(folder: Path) -> dict[str, str]:
    return {
        file.name: file.read_text()
        for file in (folder / "protos").iterdir()
        if file.name.endswith(STUB_ENDINGS)
    }


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What `make protos` would write now."""
    folder = tmp_path_factory.mktemp("stubs")
    binaries = Path(sys.executable).parent
    subprocess.run(
        ["make", "stubs", f"STUBS={folder}", f"BIN={binaries}"],
        cwd=REPOSITORY,
        check=True,
        timeout=120,
    )
    return stubs(folder)


def test_every_proto_has_its_four_stubs(generated: dict[str, str]) -> None:
    protos = [file.stem for file in (REPOSITORY / "protos").glob("*.proto")]
    assert protos
    assert sorted(generated) == sorted(name + ending for name in protos for ending in STUB_ENDINGS)


def test_committed_stubs_are_what_the_protos_say(generated: dict[str, str]) -> None:
    committed = stubs(REPOSITORY)
    assert sorted(committed) == sorted(generated)
    changed = [name for name, text in generated.items() if committed[name] != text]
    assert changed == [], "run `make protos`"

"""The table of methods is whole: a method that nobody thought of would be closed in production."""

from importlib import import_module
from pathlib import Path

import protos
from serving.access.roles import METHOD_ROLES


def test_every_method_of_every_service_is_in_the_table():
    folder = Path(next(iter(protos.__path__)))
    files = [import_module(f"protos.{path.stem}_pb2") for path in folder.glob("*.proto")]
    methods = {
        f"/{service.full_name}/{method.name}"
        for file in files
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    assert len(methods) >= 9
    assert set(METHOD_ROLES) == methods

"""What reflection answers from: ghz asks for a method, which protobuf's own pool does not find."""

# ruff: noqa: N802 - the names are those grpc_reflection calls

from collections.abc import Iterable

from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor
from google.protobuf.descriptor_pool import Default


class ReflectionPool:
    """The default pool, asked as `grpc_reflection` asks one. Every method raises `KeyError`."""

    def __init__(self) -> None:
        self._pool = Default()

    def FindFileByName(self, name: str) -> FileDescriptor:
        return self._pool.FindFileByName(name)

    def FindFileContainingSymbol(self, name: str) -> FileDescriptor:
        """The file of a message, enum, service, or of `package.Service.Method`."""
        try:
            return self._pool.FindFileContainingSymbol(name)
        except KeyError:
            return self._pool.FindMethodByName(name).containing_service.file

    def FindMessageTypeByName(self, name: str) -> Descriptor:
        return self._pool.FindMessageTypeByName(name)

    def FindExtensionByNumber(self, message: Descriptor, number: int) -> FieldDescriptor:
        return self._pool.FindExtensionByNumber(message, number)

    def FindAllExtensions(self, message: Descriptor) -> Iterable[FieldDescriptor]:
        return self._pool.FindAllExtensions(message)

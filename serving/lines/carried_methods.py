"""Which methods of a server are called over lines: those of the services registered here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Handler = Any
"""`grpc.RpcMethodHandler`, generic in its stubs and not at run time."""

Guard = Callable[[str, Handler], Handler]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What generic handlers are asked with."""

    method: str
    invocation_metadata: tuple[()] = ()


class CarriedMethods:
    """Stands where `add_…Servicer_to_server` takes a server, and passes all on to the real one."""

    def __init__(self, server: Any, guard: Guard) -> None:
        """`guard` wraps a handler as those of calls without a line are: see `CallInterceptor`."""
        self._server = server
        self._guard = guard
        self._generic: list[Any] = []
        self._known: dict[str, Handler] = {}

    @property
    def any(self) -> bool:
        """Whether there is a service at all."""
        return bool(self._generic)

    def add_generic_rpc_handlers(self, handlers: Any) -> None:
        self._generic.extend(handlers)
        self._server.add_generic_rpc_handlers(handlers)

    def add_registered_method_handlers(self, service: str, handlers: Any) -> None:
        self._server.add_registered_method_handlers(service, handlers)

    def find(self, method: str) -> Handler | None:
        """The guarded handler of a unary method; `None` if there is none."""
        known = self._known.get(method)
        if known is None:
            asked: Any = _Asked(method)
            found = next((one for each in self._generic if (one := each.service(asked))), None)
            if found is None or found.unary_unary is None:
                return None
            known = self._known[method] = self._guard(method, found)
        return known

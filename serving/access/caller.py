"""Who calls: what the access gate found out, for whoever decides by it further in."""

from contextvars import ContextVar
from dataclasses import dataclass

from serving.access.roles import Role


@dataclass(frozen=True, slots=True)
class Caller:
    """One caller.

    Attributes:
        name: From its certificate or token, for example `spiffe://shop/gateway`.
        roles: What it may do.
    """

    name: str
    roles: frozenset[Role]


LOCAL = Caller("local", frozenset(Role) - {Role.OPERATOR})
"""Everybody, on a server that asks nobody who they are."""

ANONYMOUS = Caller("anonymous", LOCAL.roles)
"""Who does not say, on a server that is told to let them in."""

_calling: ContextVar[Caller] = ContextVar("caller", default=LOCAL)


def enter_as(caller: Caller) -> None:
    """From now on the task at hand works for `caller`."""
    _calling.set(caller)


def is_operator() -> bool:
    """Whether the call being answered comes from an operator, who proved to be one."""
    return Role.OPERATOR in _calling.get().roles

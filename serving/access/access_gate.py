"""The outermost gate: who calls, and whether the method is open to them."""

from collections.abc import Mapping
from typing import Any

from serving.access.caller import ANONYMOUS, Caller, enter_as
from serving.access.caller_tokens import CallerTokens, TokenError
from serving.access.refusal_log import RefusalLog
from serving.access.roles import METHOD_ROLES, Role
from serving.ending import Ending
from serving.errors import PermissionDeniedError, UnauthenticatedError
from serving.gate import Call
from serving.metrics_recorder import Metrics

AUTHORIZATION = "authorization"
BEARER = "bearer "
SPIFFE = b"spiffe://"
NO_ROLE: frozenset[Role] = frozenset()


class AccessGate:
    """Lets in who proves to be somebody with a role that the method asks for.

    A token goes before a certificate: a proxy may call for others with its own connection. What is
    refused is counted and logged by name and method, and never by what was shown as proof.
    """

    def __init__(
        self,
        roles_of: Mapping[str, frozenset[Role]],
        tokens: CallerTokens | None,
        metrics: Metrics,
        *,
        allow_anonymous: bool = False,
    ) -> None:
        """`roles_of`: by name in the certificate; `tokens`: `None` where they prove nothing."""
        self._by_certificate = {
            name.encode(): Caller(name, roles) for name, roles in roles_of.items()
        }
        self._tokens = tokens
        self._refusals = RefusalLog(metrics)
        self._allow_anonymous = allow_anonymous

    def enter(self, call: Call) -> None:
        caller = self._token_caller(call) or self._certificate_caller(call.context)
        if caller is None:
            if not self._allow_anonymous:
                raise self._unauthenticated(call, "no_identity", "who calls is not known")
            caller = ANONYMOUS
        if not caller.roles & METHOD_ROLES.get(call.method, NO_ROLE):
            self._refusals.note("no_role", caller.name, call.method)
            raise PermissionDeniedError(f"{caller.name} has no role that may call this method")
        call.caller = caller.name
        enter_as(caller)

    def leave(self, call: Call, ending: Ending) -> None:
        """Nothing is held."""

    def _token_caller(self, call: Call) -> Caller | None:
        """Whom the token names; `None` without one.

        Raises:
            UnauthenticatedError: there is one and it is wrong.
        """
        if self._tokens is None:
            return None
        text = _authorization(call.context)
        if text is None:
            return None
        try:
            if text[: len(BEARER)].lower() != BEARER:
                raise TokenError
            return self._tokens.caller_of(text[len(BEARER) :])
        except TokenError:
            raise self._unauthenticated(
                call, "bad_token", "the token is not valid, or no longer"
            ) from None

    def _certificate_caller(self, context: Any) -> Caller | None:
        """Whom the client's certificate names, with no role where the settings give none."""
        names = context.peer_identities()
        if not names:
            return None
        for name in names:
            caller = self._by_certificate.get(name)
            if caller is not None:
                return caller
        first = next((name for name in names if name.startswith(SPIFFE)), names[0])
        return Caller(first.decode("utf-8", "replace"), NO_ROLE)

    def _unauthenticated(self, call: Call, cause: str, problem: str) -> UnauthenticatedError:
        self._refusals.note(cause, "", call.method)
        return UnauthenticatedError(problem)


def _authorization(context: Any) -> str | None:
    for key, value in context.invocation_metadata() or ():
        if key == AUTHORIZATION:
            return str(value)
    return None

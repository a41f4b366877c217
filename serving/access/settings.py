"""Who may call a server and over what; and how it proves who it is to those it calls."""

from pydantic import Field, FilePath, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from serving.access.roles import Role
from serving.loopback import is_loopback


class AccessSettings(BaseSettings):
    """The part of every server's settings that is about access; see `docs/security.md`."""

    tls_certificate: FilePath | None = None
    """PEM chain of this server, which it also shows to servers it calls; needs `tls_key`."""

    tls_key: FilePath | None = None
    """PEM private key of `tls_certificate`."""

    tls_authority: FilePath | None = None
    """PEM certificates that clients' certificates, and those of servers called, must be signed by;
    turns on mutual TLS."""

    tls_mutual: bool = True
    """With `tls_authority`: whether clients must have a certificate. Off where tokens tell them."""

    tls_name: str | None = None
    """Name that callers use for this server: not to start if the certificate is for others."""

    caller_keys: FilePath | None = None
    """File of trusted keys (`feedrank keys new`) that callers' tokens are signed with."""

    callers: dict[str, frozenset[Role]] = Field(default_factory=dict)
    """Roles by name in the client's certificate (a SPIFFE id, another name, or the common name):
    `{"spiffe://shop/gateway": ["viewer_facing"]}`."""

    caller_token: FilePath | None = None
    """File of the token that this process shows to the services it calls; needs `tls_authority`."""

    allow_anonymous: bool = False
    """Whether callers without identity are let in, as `anonymous`, to all but what is forced."""

    host: str = "127.0.0.1"
    """Address to listen on. Anything but loopback needs TLS, and a way to know who calls."""

    metrics_plain_text: bool = False
    """Whether metrics leave the machine without TLS, where the network itself keeps others off."""

    metrics_host: str = "127.0.0.1"
    """Address of the Prometheus endpoint. Anything but loopback is served over TLS, with
    `tls_mutual` to clients of `tls_authority` only; or in plain text if that is set."""

    @field_validator("tls_key")
    @classmethod
    def _key_and_certificate(cls, key: object, others: ValidationInfo) -> object:
        if "tls_certificate" in others.data and (key is None) != (
            others.data["tls_certificate"] is None
        ):
            raise ValueError("tls_certificate and tls_key are given together or not at all")
        return key

    @field_validator("tls_authority")
    @classmethod
    def _authority_needs_certificate(cls, path: object, others: ValidationInfo) -> object:
        if path is not None and others.data.get("tls_certificate", path) is None:
            raise ValueError("mutual TLS needs tls_certificate and tls_key too")
        return path

    @field_validator("callers")
    @classmethod
    def _certificates_open_something(cls, callers: object, others: ValidationInfo) -> object:
        given = others.data
        by_certificate = given.get("tls_authority") is not None and given.get("tls_mutual")
        if by_certificate and given.get("caller_keys") is None and not callers:
            raise ValueError("with tls_authority, name who may call: no certificate has a role")
        return callers

    @field_validator("caller_token")
    @classmethod
    def _shown_over_tls(cls, path: object, others: ValidationInfo) -> object:
        if path is not None and others.data.get("tls_authority", path) is None:
            raise ValueError("a token is not sent in plain text: it needs tls_authority")
        return path

    @field_validator("metrics_host")
    @classmethod
    def _metrics_not_open_by_accident(cls, host: str, others: ValidationInfo) -> str:
        if is_loopback(host) or others.data.get("metrics_plain_text"):
            return host
        if others.data.get("tls_certificate", host) is None:
            raise ValueError(
                "a host other than loopback needs tls_certificate and tls_key,"
                " or metrics_plain_text"
            )
        return host

    @field_validator("host")
    @classmethod
    def _open_only_with_tls(cls, host: str, others: ValidationInfo) -> str:
        if is_loopback(host):
            return host
        if others.data.get("tls_certificate", host) is None:
            raise ValueError("a host other than loopback needs tls_certificate and tls_key")
        if not others.data.get("allow_anonymous") and not knows_callers(others.data):
            raise ValueError(
                "a host other than loopback needs to know who calls: tls_authority with callers,"
                " or caller_keys; allow_anonymous does without"
            )
        return host

    @property
    def asks_who_calls(self) -> bool:
        """Whether callers must say who they are; on loopback all are local where they cannot."""
        by_certificate = self.tls_authority is not None and self.tls_mutual
        return by_certificate or self.caller_keys is not None or not is_loopback(self.host)

    @property
    def metrics_over_tls(self) -> bool:
        """Whether the Prometheus endpoint is served over TLS."""
        return not is_loopback(self.metrics_host) and not self.metrics_plain_text


def knows_callers(given: dict[str, object]) -> bool:
    """Whether callers can prove who they are, by these values of the fields above."""
    by_certificate = given.get("tls_authority") is not None and given.get("tls_mutual")
    return bool(by_certificate) or given.get("caller_keys") is not None

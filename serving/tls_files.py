"""Certificate, key and authority as they lie in files, checked before anybody uses them.

gRPC takes any bytes and fails each handshake later, with a status that looks like an outage.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from serving.access.settings import AccessSettings


class TlsError(ValueError):
    """What is wrong with the files, in words an operator can act on."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM texts that fit each other.

    Attributes:
        authority: What peers must be signed by; `None` where nobody is asked.
        names: Names in the certificate: DNS, then URI, then addresses; else the common name.
        expires_s: Unix seconds.
    """

    certificate: bytes
    key: bytes
    authority: bytes | None
    names: tuple[str, ...]
    expires_s: float


def read_tls(settings: AccessSettings) -> TlsFiles:
    """Read and check the files that `settings` names; `tls_certificate` and `tls_key` are set.

    Raises:
        TlsError: they do not fit, are expired, or are for another name than `tls_name`.
        OSError: one cannot be read.
    """
    if settings.tls_certificate is None or settings.tls_key is None:
        raise TlsError("tls_certificate and tls_key are not set")
    certificate, key = settings.tls_certificate.read_bytes(), settings.tls_key.read_bytes()
    chain = certificates_in(certificate, "tls_certificate")
    check_key(key, chain[0], "tls_key", "tls_certificate")
    check_time(chain[0], "tls_certificate")
    names = _names(chain[0])
    if settings.tls_name is not None and not _is_for(settings.tls_name, names):
        raise TlsError(f"tls_certificate is for {', '.join(names)}, not for {settings.tls_name}")
    authority = None
    if settings.tls_authority is not None:
        authority = settings.tls_authority.read_bytes()
        _check_chain(chain, certificates_in(authority, "tls_authority"))
    return TlsFiles(certificate, key, authority, names, _expires_s(chain[0]))


def certificates_in(pem: bytes, setting: str) -> Sequence[x509.Certificate]:
    """What is in a PEM file; raises TlsError by the name of its setting."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise TlsError(f"{setting} holds no certificates in PEM") from None


def check_key(pem: bytes, certificate: x509.Certificate, key_setting: str, setting: str) -> None:
    """Raises TlsError for a key that has a password, or is of another certificate."""
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError):
        raise TlsError(f"{key_setting} holds no private key in PEM without a password") from None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) != certificate.public_key().public_bytes(*form):
        raise TlsError(f"{key_setting} does not belong to {setting}")


def check_time(certificate: x509.Certificate, setting: str) -> None:
    """Raises TlsError for a certificate that has expired, or is not valid yet."""
    now_s = time.time()
    if now_s > _expires_s(certificate):
        raise TlsError(f"{setting} expired on {certificate.not_valid_after_utc:%Y-%m-%d}")
    if now_s < certificate.not_valid_before_utc.timestamp():
        begin = certificate.not_valid_before_utc
        raise TlsError(f"{setting} is not valid before {begin:%Y-%m-%d %H:%M} UTC")


def _expires_s(certificate: x509.Certificate) -> float:
    return certificate.not_valid_after_utc.timestamp()


def _check_chain(
    chain: Sequence[x509.Certificate], authorities: Sequence[x509.Certificate]
) -> None:
    """Follow the chain file upwards until one of the authorities signed, or is, a certificate."""
    for number, certificate in enumerate(chain):
        if certificate in authorities or any(_signed(certificate, by) for by in authorities):
            return
        if number + 1 < len(chain) and not _signed(certificate, chain[number + 1]):
            break
    raise TlsError("tls_certificate is not signed by tls_authority")


def _signed(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return tuple(str(name.value) for name in common)
    names = extension.value
    return (
        *names.get_values_for_type(x509.DNSName),
        *names.get_values_for_type(x509.UniformResourceIdentifier),
        *map(str, names.get_values_for_type(x509.IPAddress)),
    )


def _is_for(name: str, names: Sequence[str]) -> bool:
    _, _, parent = name.partition(".")
    return name in names or f"*.{parent}" in names

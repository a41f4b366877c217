"""Certificates for tests, made on the spot by an authority of their own."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

LOOPBACK = ipaddress.ip_address("127.0.0.1")


class Authority:
    """Signs certificates; `path` holds its own."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self.path = folder / f"{name}.pem"
        built = _builder(self._name, self._name, self._key.public_key(), days=30)
        built = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        signed = built.sign(self._key, hashes.SHA256())
        self.path.write_bytes(signed.public_bytes(Encoding.PEM))

    def certify(
        self,
        *names: str,
        days: float = 10,
        into: tuple[Path, Path] | None = None,
        loopback: bool = True,
    ) -> tuple[Path, Path]:
        """Key and certificate for names (DNS, or URI where one has `://`), in files.

        Args:
            days: Until it expires; below 0 it has.
            into: Files to write over.
            loopback: Whether it is for 127.0.0.1, too.
        """
        stem = names[0].replace("/", "_").replace(":", "")
        key_path, path = into or (self._folder / f"{stem}.key", self._folder / f"{stem}.pem")
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0][:64])])
        alternatives: list[x509.GeneralName] = [
            x509.UniformResourceIdentifier(name) if "://" in name else x509.DNSName(name)
            for name in names
        ]
        if loopback:
            alternatives.append(x509.IPAddress(LOOPBACK))
        built = _builder(subject, self._name, key.public_key(), days)
        built = built.add_extension(x509.SubjectAlternativeName(alternatives), False)
        signed = built.sign(self._key, hashes.SHA256())
        path.write_bytes(signed.public_bytes(Encoding.PEM))
        key_path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return key_path, path


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: float
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
    )

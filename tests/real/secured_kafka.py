"""A Kafka as a company has it: a listener for mutual TLS, and one for logins over TLS.

The plain listener is left for those who start it; all three lead to one broker.
"""

import socket
from collections.abc import Sequence
from pathlib import Path

from feedrank.real.kafka_process import KafkaProcess
from tests.serving.certificates import Authority

USER = "feedrank"
PASSWORDS = {
    "SCRAM-SHA-512": "of five-twelve",
    "SCRAM-SHA-256": "of two-fifty-six",
    "PLAIN": "pl4in-t3xt",
}
"""One for each mechanism, so that none is taken for another."""

LISTENERS = """
listeners=PLAINTEXT://127.0.0.1:{port},MUTUAL://127.0.0.1:{mutual},LOGIN://127.0.0.1:{login},\
CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},MUTUAL://localhost:{mutual},LOGIN://localhost:{login}
listener.security.protocol.map=\
PLAINTEXT:PLAINTEXT,MUTUAL:SSL,LOGIN:SASL_SSL,CONTROLLER:PLAINTEXT
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={truststore}
listener.name.mutual.ssl.client.auth=required
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.login.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_{user}="{plain}";
listener.name.login.scram-sha-256.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.login.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
"""


class SecuredKafka(KafkaProcess):
    """Its certificates are signed by `authority`; clients are believed with one of it, too."""

    def __init__(self, folder: Path, ports: Sequence[int]) -> None:
        """`ports`: plain, controller, mutual TLS, login."""
        port, controller, self.mutual_port, self.login_port = ports
        super().__init__(folder, port, controller)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.authority = Authority(folder)
        self.client_key, self.client_certificate = self.authority.certify("feedrank")
        for mechanism, password in PASSWORDS.items():
            (folder / mechanism).write_text(f"{password}\n")

    @property
    def mutual_address(self) -> str:
        """Over mutual TLS."""
        files = f"certificate={self.client_certificate}&key={self.client_key}"
        return f"{self.tls_address(self.mutual_port)}&{files}"

    def login_address(self, mechanism: str) -> str:
        """With a user and a password over TLS."""
        who = f"user={USER}&password_file={self.folder / mechanism}&mechanism={mechanism}"
        return f"{self.tls_address(self.login_port)}&{who}"

    def tls_address(self, port: int) -> str:
        """Over TLS, saying nothing of who connects."""
        return f"kafkas://localhost:{port}?authority={self.authority.path}"

    def _write_settings(self, log_folder: Path) -> Path:
        key, certificate = self.authority.certify("localhost", loopback=False)
        keystore = self.folder / "keystore.pem"
        keystore.write_text(key.read_text() + certificate.read_text())
        path = super()._write_settings(log_folder)
        more = LISTENERS.format(
            port=self.port,
            controller=self._controller_port,
            mutual=self.mutual_port,
            login=self.login_port,
            keystore=keystore,
            truststore=self.authority.path,
            user=USER,
            plain=PASSWORDS["PLAIN"],
        )
        replaced = {line.partition("=")[0] for line in more.splitlines()}
        kept = [x for x in path.read_text().splitlines() if x.partition("=")[0] not in replaced]
        path.write_text("\n".join(kept) + more)
        return path

    def _format_options(self) -> Sequence[str]:
        return [
            word
            for mechanism, password in PASSWORDS.items()
            if mechanism.startswith("SCRAM")
            for word in ("--add-scram", f"{mechanism}=[name={USER},password={password}]")
        ]

    def _answers(self) -> bool:
        # The plain listener opens first.
        for port in (self.mutual_port, self.login_port):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return super()._answers()

"""TLS towards Kafka, with certificates that may be replaced on disk at any time."""

import ssl
from typing import Any

from serving.bus.kafka_address import KafkaAddress
from serving.bus.kafka_files import KafkaFiles, KafkaFilesError, read_option
from serving.metrics_recorder import Metrics
from serving.tls_files import certificates_in, check_key, check_time


class KafkaTlsContext(ssl.SSLContext):
    """Makes every new connection with the files of that moment.

    A client of Kafka keeps the context that it was made with, and connects again by itself for as
    long as it lives: so it is the context that has to change.
    """

    def __new__(cls, *_: object) -> "KafkaTlsContext":
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    def __init__(self, address: KafkaAddress, metrics: Metrics) -> None:
        files = (address.authority, address.certificate, address.key)
        paths = [path for path in files if path is not None]
        self._files = KafkaFiles("bus_tls", paths, lambda: _context(address), metrics)

    def newest(self) -> ssl.SSLContext:
        """The context of the files as they are.

        Raises:
            KafkaFilesError: they were never good.
        """
        return self._files.value

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        """What asyncio calls for each connection."""
        try:
            context = self.newest()
        except KafkaFilesError:
            # This one believes nobody: the handshake fails, as it must, and asyncio cleans up.
            return super().wrap_bio(*arguments, **options)
        return context.wrap_bio(*arguments, **options)


def _context(address: KafkaAddress) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if address.authority is None:
        context.load_default_certs()
    else:
        pem = read_option(address.authority, "authority")
        certificates_in(pem, "authority")
        context.load_verify_locations(cadata=pem.decode("ascii", "ignore"))
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # as gRPC: any authority is a root
    if address.certificate is not None and address.key is not None:
        chain = certificates_in(read_option(address.certificate, "certificate"), "certificate")
        check_key(read_option(address.key, "key"), chain[0], "key", "certificate")
        check_time(chain[0], "certificate")
        context.load_cert_chain(address.certificate, address.key)
    return context

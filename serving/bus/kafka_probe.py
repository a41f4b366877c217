"""A first connection to Kafka, made to learn why others fail.

The client says "unable to bootstrap" whatever it is, and with asyncio the alert that ends a
connection is lost. One blocking handshake and one login tell an operator what to change.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import errors as kafka_errors
from aiokafka.conn import create_conn
from aiokafka.protocol.metadata import MetadataRequest

PROBE_S = 2.0
# Size, API key 18 (ApiVersions), version 0, correlation id, no client id: may be asked by anybody.
_ASK_FOR_VERSIONS = struct.pack(">ihhih", 10, 18, 0, 1, -1)
_TLS_ALERT = b"\x15"
_WANTS_TLS = "hangs up on plain text"


@dataclass(frozen=True, slots=True)
class KafkaProblem:
    """What is wrong, and what to change.

    Attributes:
        seen: Begins with the server, `host:port`, where it is about one.
    """

    seen: str
    advice: str

    def __str__(self) -> str:
        return f"{self.seen}; to do: {self.advice}"


async def kafka_problem(servers: str, options: Mapping[str, Any]) -> KafkaProblem | None:
    """Connect to one server after the other: `None` if one lets us in, else about the last.

    Args:
        options: Of the client, without its servers: `security_protocol` and what belongs to it.
    """
    problem = None
    for server in servers.split(","):
        problem = await _problem(server, options)
        if problem is None:
            return None
    return problem


async def _problem(server: str, options: Mapping[str, Any]) -> KafkaProblem | None:
    host, _, port = server.rpartition(":")
    host = host.strip("[]")
    found = await asyncio.to_thread(_greet, host, int(port), options.get("ssl_context"))
    if found is None:
        found = await _log_in(host, int(port), options)
    return found and KafkaProblem(f"{server} {found[0]}", found[1])


def _greet(host: str, port: int, context: ssl.SSLContext | None) -> tuple[str, str] | None:
    """What is wrong before anybody logs in, and what to do. Blocks."""
    try:
        with socket.create_connection((host, port), PROBE_S) as connection:
            if context is None:
                return _ask(connection)
            return _greet_over_tls(connection, host, context)
    except TimeoutError:
        return f"does not answer within {PROBE_S:g} s", "look whether it hangs, and at the network"
    except OSError as error:
        seen = f"cannot be reached: {(error.strerror or 'refused').lower()}"
        return seen, "start it, or correct the bus address"


def _greet_over_tls(
    connection: socket.socket, host: str, context: ssl.SSLContext
) -> tuple[str, str] | None:
    try:
        secured = context.wrap_socket(connection, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        advice = "name in authority who signed it, and in the address a name it is for"
        return f"shows a certificate that is refused: {error.verify_message}", advice
    except (ssl.SSLError, ConnectionError) as error:
        return f"ends the handshake: {_reason(error)}", "look whether this is its TLS port"
    with secured:
        try:
            # With TLS 1.3 a client's certificate is judged after the handshake.
            return _ask(secured)
        except (ssl.SSLError, ConnectionError) as error:
            advice = "give certificate and key that its authority signed"
            return f"refuses our certificate, or that there is none: {_reason(error)}", advice


def _ask(connection: socket.socket) -> tuple[str, str] | None:
    connection.sendall(_ASK_FOR_VERSIONS)
    answer = connection.recv(1)
    if answer and answer != _TLS_ALERT:
        return None
    if isinstance(connection, ssl.SSLSocket):
        return "hangs up after the handshake", "give certificate and key that its authority signed"
    return _WANTS_TLS, "if it wants TLS, begin the address with kafkas://"


async def _log_in(host: str, port: int, options: Mapping[str, Any]) -> tuple[str, str] | None:
    """What is wrong for a client that may connect, and what to do."""
    user, mechanism = options.get("sasl_plain_username"), options.get("sasl_mechanism")
    try:
        async with asyncio.timeout(PROBE_S):
            connection = await create_conn(host, port, **options)
    except kafka_errors.SaslAuthenticationFailed:
        return f"refuses user {user!r} or the password ({mechanism})", "correct user and password"
    except kafka_errors.UnsupportedSaslMechanismError:
        return f"does not offer {mechanism}", "set mechanism to one that it offers"
    except kafka_errors.IllegalSaslStateError:
        return "asks for no login here", "take user out of the address, or use its port for SASL"
    except (kafka_errors.KafkaError, TimeoutError, OSError, ValueError) as error:
        return f"ends the login: {type(error).__name__}", "look into its own log"
    try:
        async with asyncio.timeout(PROBE_S):
            await connection.send(MetadataRequest([]))
    except (kafka_errors.KafkaError, TimeoutError, OSError):
        advice = "look into its own log" if user else "give user and password_file"
        return "hangs up on our first question: it may want a login", advice
    finally:
        connection.close()
    return None


def _reason(error: OSError) -> str:
    reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
    return (reason or "it hung up").lower().replace("_", " ")

"""Metrics leave the machine over TLS only, unless somebody says otherwise."""

import asyncio
import ssl
import urllib.request
from urllib.error import HTTPError, URLError

import pytest
from pydantic import ValidationError

from serving.access.roles import Role
from serving.metrics_endpoint import MetricsEndpoint
from serving.metrics_recorder import Metrics
from tests.serving.certificates import Authority
from tests.serving.echo_service import local_settings

EVERYWHERE = "0.0.0.0"


def page(url: str, context: ssl.SSLContext | None = None) -> bytes:
    with urllib.request.urlopen(url, timeout=5, context=context) as response:
        return response.read()


async def fetched(endpoint: MetricsEndpoint, scheme: str, context=None) -> bytes:
    url = f"{scheme}://127.0.0.1:{endpoint.port}/metrics"
    try:
        return await asyncio.to_thread(page, url, context)
    finally:
        endpoint.close()


def trusting(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=authority.path)


def test_another_host_than_loopback_needs_tls(tmp_path):
    with pytest.raises(ValidationError, match="metrics_plain_text"):
        local_settings(tmp_path, metrics_host=EVERYWHERE)


async def test_plain_text_is_a_choice(tmp_path):
    settings = local_settings(tmp_path, metrics_host=EVERYWHERE, metrics_plain_text=True)
    assert b"feedrank" in await fetched(MetricsEndpoint(Metrics(), settings, 0, {}), "http")


async def test_over_tls_clients_believe_the_certificate(tmp_path):
    authority = Authority(tmp_path)
    key, certificate = authority.certify("localhost")
    files = {"tls_key": key, "tls_certificate": certificate}
    settings = local_settings(tmp_path, metrics_host=EVERYWHERE, **files)
    endpoint = MetricsEndpoint(Metrics(), settings, 0, {})
    assert b"feedrank" in await fetched(endpoint, "https", trusting(authority))


async def test_with_an_authority_only_its_clients_are_answered(tmp_path):
    authority = Authority(tmp_path)
    key, certificate = authority.certify("prometheus.shop")
    files = {"tls_key": key, "tls_certificate": certificate, "tls_authority": authority.path}
    known = {"callers": {"prometheus.shop": {Role.OPERATOR}}}
    settings = local_settings(tmp_path, metrics_host=EVERYWHERE, **files, **known)
    stranger = trusting(authority)
    with pytest.raises((URLError, ssl.SSLError, ConnectionError)):
        await fetched(MetricsEndpoint(Metrics(), settings, 0, {}), "https", stranger)
    guest = trusting(authority)
    guest.load_cert_chain(certificate, key)
    endpoint = MetricsEndpoint(Metrics(), settings, 0, {})
    assert b"feedrank" in await fetched(endpoint, "https", guest)


async def test_a_stranger_may_ask_for_probes_and_is_not_shown_metrics(tmp_path):
    authority = Authority(tmp_path)
    key, certificate = authority.certify("prometheus.shop")
    files = {"tls_key": key, "tls_certificate": certificate, "tls_authority": authority.path}
    known = {"callers": {"prometheus.shop": {Role.OPERATOR}}}
    settings = local_settings(tmp_path, metrics_host=EVERYWHERE, **files, **known)
    endpoint = MetricsEndpoint(Metrics(), settings, 0, {"/livez": lambda: None})
    kubelet, address = trusting(authority), f"https://127.0.0.1:{endpoint.port}"
    try:
        assert await asyncio.to_thread(page, f"{address}/livez", kubelet) == b"ok\n"
        with pytest.raises(HTTPError, match="403"):
            await asyncio.to_thread(page, f"{address}/metrics", kubelet)
    finally:
        endpoint.close()


async def test_a_certificate_of_another_authority_is_worse_than_none(tmp_path):
    authority, forger = Authority(tmp_path), Authority(tmp_path, "forger")
    key, certificate = authority.certify("ranker.shop")
    forged_key, forged = forger.certify("prometheus.shop")
    files = {"tls_key": key, "tls_certificate": certificate, "tls_authority": authority.path}
    known = {"callers": {"prometheus.shop": {Role.OPERATOR}}}
    settings = local_settings(tmp_path, metrics_host=EVERYWHERE, **files, **known)
    guest = trusting(authority)
    guest.load_cert_chain(forged, forged_key)
    with pytest.raises((URLError, ssl.SSLError, ConnectionError)) as refused:
        await fetched(MetricsEndpoint(Metrics(), settings, 0, {}), "https", guest)
    assert not isinstance(refused.value, HTTPError)

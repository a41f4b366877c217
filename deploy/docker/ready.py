"""Whether the service in this container is ready, as an exit code: what health checks read."""

import os
import ssl
import sys
import urllib.request

authority = os.environ.get("FEEDRANK_TLS_AUTHORITY")
plain = os.environ.get("FEEDRANK_METRICS_PLAIN_TEXT") == "true" or authority is None
address = f"{'http' if plain else 'https'}://localhost:{os.environ['FEEDRANK_METRICS_PORT']}/readyz"
context = None if plain else ssl.create_default_context(cafile=authority)
try:
    with urllib.request.urlopen(address, timeout=2, context=context):
        pass
except OSError as error:
    sys.exit(f"not ready: {error}")

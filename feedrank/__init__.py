"""The command."""

import protos  # noqa: F401 - before gRPC: see there

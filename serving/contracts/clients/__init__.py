"""gRPC clients: each implements the protocol of a remote service."""

"""Several processes that answer the same calls, seen by their callers as one neighbour."""

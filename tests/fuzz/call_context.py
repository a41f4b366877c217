"""A call as a servicer sees it, without a caller's deadline or metadata."""

PATIENCE_MS = 10_000.0


class CallContext:
    def time_remaining(self) -> None:
        return None

    def invocation_metadata(self) -> tuple[()]:
        return ()

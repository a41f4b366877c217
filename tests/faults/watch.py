"""Asks for feeds without a pause and logs actions, while somebody breaks things."""

import itertools
import random
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import grpc

from protos import events_pb2, feed_pb2, feed_pb2_grpc
from tests.faults.channel import edge_channel
from tests.faults.seen import Answer, Seen

PAUSE_S = 0.02
PATIENCE_S = 60.0
PAGE_SIZE = 20
ACTORS = 16
"""Viewers whose actions are logged; of each viewer the last 2,000 items are remembered."""
FIRST_VIEWER = 21_000_000
"""Viewers that nobody knows, so that every count is ours alone; each asks once, to be ranked."""
_VIEWERS = itertools.count(FIRST_VIEWER)


class Watch:
    """A prober of `GetFeed`, made by `watching`. Everything that it saw is kept, in order."""

    def __init__(self, channel: grpc.Channel, deadline_s: float, pause_s: float) -> None:
        self._stub = feed_pb2_grpc.FeedServiceStub(channel)
        self._deadline_s = deadline_s
        self._pause_s = pause_s
        self._answers: list[Answer] = []
        self._changed = threading.Condition()
        self._stopped = threading.Event()

    def mark(self) -> int:
        """The present, for `seen(since=…)`."""
        return len(self._answers)

    def seen(self, since: int = 0, until: int | None = None, **counted: int | str) -> Seen:
        """Answers between two marks; `counted` are the further fields of `Seen`."""
        return Seen(self._answers[since:until], **counted)  # type: ignore[arg-type]

    def wait_for(self, calls: int, patience_s: float = PATIENCE_S) -> None:
        """Return after so many more answers.

        Raises:
            TimeoutError: they did not come.
        """
        wanted = self.mark() + calls
        with self._changed:
            if not self._changed.wait_for(lambda: self.mark() >= wanted, patience_s):
                raise TimeoutError(f"{calls} calls took more than {patience_s:.0f} s")

    def wait_for_full(self, in_a_row: int = 5, patience_s: float = PATIENCE_S) -> float:
        """Return once so many answers in a row are full; how long that took until the first, s.

        Raises:
            TimeoutError: they did not come; says what came instead.
        """
        begun_s, since = time.monotonic(), self.mark()

        def is_full() -> bool:
            last = self._answers[max(since, self.mark() - in_a_row) :]
            return len(last) == in_a_row and all(answer.is_full for answer in last)

        with self._changed:
            if not self._changed.wait_for(is_full, patience_s):
                last = self._answers[-1] if self._answers else "nothing"
                raise TimeoutError(f"no full feeds within {patience_s:.0f} s, but {last}")
        return max(0.0, self._answers[-in_a_row].at_s - begun_s)

    def run(self) -> None:
        """Ask until `stop`."""
        while not self._stopped.wait(self._pause_s):
            answer = self._ask(next(_VIEWERS))
            with self._changed:
                self._answers.append(answer)
                self._changed.notify_all()

    def stop(self) -> None:
        self._stopped.set()

    def _ask(self, viewer: int) -> Answer:
        request = feed_pb2.GetFeedRequest(viewer_id=viewer, page_size=PAGE_SIZE)
        began_s = time.monotonic()
        try:
            page = self._stub.GetFeed(request, timeout=self._deadline_s)
        except grpc.RpcError as error:
            return Answer(began_s, (time.monotonic() - began_s) * 1e3, error.code().name)
        receipt = page.receipt
        return Answer(
            began_s,
            (time.monotonic() - began_s) * 1e3,
            origin=receipt.origin,
            coverage=receipt.shards_answered / receipt.shards_total if receipt.shards_total else 1,
            reasons=tuple(receipt.degraded_reasons),
            item_count=len(page.items),
        )


class Actor:
    """Logs impressions of unknown viewers, one per viewer and item, until each is acknowledged.

    An action that was not acknowledged is sent again under its id, as every client must.
    """

    def __init__(
        self, channel: grpc.Channel, item_ids: list[int], deadline_s: float, pause_s: float
    ) -> None:
        self._stub = feed_pb2_grpc.FeedServiceStub(channel)
        self._item_ids = item_ids
        self._pause_s = pause_s
        self._deadline_s = deadline_s
        self._stopped = threading.Event()
        self._random = random.Random(7)
        self.acknowledged: dict[int, set[int]] = {}
        self.sent: dict[int, set[int]] = {}
        """Viewer -> items whose impression was acknowledged, or was sent at all."""
        self.refused: set[str] = set()
        """Statuses other than UNAVAILABLE that an action was refused with; should stay empty."""

    def run(self) -> None:
        """Log until `stop`; what is on its way then is sent until it is acknowledged."""
        viewers = [next(_VIEWERS) for _ in range(ACTORS)]
        pairs = [(viewer, item) for item in self._item_ids for viewer in viewers]
        for viewer, item in pairs:
            if self._stopped.wait(self._pause_s):
                return
            self._log(viewer, item)

    @property
    def count(self) -> int:
        """Actions that were acknowledged."""
        return sum(map(len, self.acknowledged.values()))

    def stop(self) -> None:
        self._stopped.set()

    def _log(self, viewer: int, item: int) -> None:
        action = feed_pb2.Action(
            action_id=uuid.uuid4().hex,
            viewer_id=viewer,
            kind=events_pb2.IMPRESSION,
            item_id=item,
            value=self._random.randrange(500, 5_000),
        )
        self.sent.setdefault(viewer, set()).add(item)
        give_up_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up_s:
            if self._is_acknowledged(action):
                self.acknowledged.setdefault(viewer, set()).add(item)
                return
            time.sleep(PAUSE_S)

    def _is_acknowledged(self, action: feed_pb2.Action) -> bool:
        request = feed_pb2.LogActionsRequest(actions=[action])
        try:
            answer = self._stub.LogActions(request, timeout=self._deadline_s)
        except grpc.RpcError:
            return False
        self.refused |= {error.status for error in answer.errors} - {"UNAVAILABLE"}
        return answer.accepted_count == 1


@contextmanager
def watching(
    address: str,
    deadline_s: float,
    credentials: grpc.ChannelCredentials | None = None,
    pause_s: float = PAUSE_S,
) -> Iterator[Watch]:
    """Ask one edge, or several behind one `ipv4:` address, while the body runs."""
    with edge_channel(address, credentials) as channel:
        watch = Watch(channel, deadline_s, pause_s)
        with _running(watch):
            yield watch


@contextmanager
def acting(
    address: str, item_ids: list[int], deadline_s: float, pause_s: float = PAUSE_S
) -> Iterator[Actor]:
    """Log actions while the body runs; afterwards all that was sent is acknowledged or refused."""
    with edge_channel(address) as channel:
        actor = Actor(channel, item_ids, deadline_s, pause_s)
        with _running(actor):
            yield actor


@contextmanager
def _running(worker: Watch | Actor) -> Iterator[None]:
    thread = threading.Thread(target=worker.run, name=type(worker).__name__)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join()

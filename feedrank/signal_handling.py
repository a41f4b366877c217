"""Acts on signals in a thread of its own.

Python runs a handler in the main thread, wherever that happens to be: one that sets an event which
the main thread is just waiting for would wait for itself, for ever.
"""

import queue
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager


@contextmanager
def on_signals(actions: Mapping[signal.Signals, Callable[[], None]]) -> Iterator[None]:
    """While the body runs, call the action of each signal that comes; afterwards all is as before.

    Used from the main thread. Actions may take locks; they come one at a time, in order.
    """
    # Its `put` is safe in a handler, unlike that of any other queue.
    came: queue.SimpleQueue[int | None] = queue.SimpleQueue()

    def act() -> None:
        while (number := came.get()) is not None:
            actions[signal.Signals(number)]()

    thread = threading.Thread(target=act, name="signals")
    thread.start()
    before = {number: signal.signal(number, lambda n, _: came.put(n)) for number in actions}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        came.put(None)
        thread.join()

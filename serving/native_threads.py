"""One thread per call for the linear algebra of a server.

OpenBLAS starts a thread per core and lets them spin for each other over products of a few
microseconds: on a busy machine with two cores, choosing 70 of 200 took 11 ms instead of 0.5. A
server gets its parallelism from requests and processes; Faiss and ONNX Runtime are held to one
thread where they are used.
"""

from threadpoolctl import threadpool_limits


def hold_native_threads() -> None:
    """Call once the libraries are imported; whatever the environment says, the process keeps it."""
    threadpool_limits(limits=1, user_api="blas")

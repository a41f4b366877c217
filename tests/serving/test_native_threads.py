from threadpoolctl import threadpool_info, threadpool_limits

import generation.faiss_index  # noqa: F401 - brings a second BLAS into the process
from serving.native_threads import hold_native_threads


def blas_threads() -> set[int]:
    libraries = threadpool_info()
    return {library["num_threads"] for library in libraries if library["user_api"] == "blas"}


def test_every_blas_of_the_process_is_held_to_one_thread():
    with threadpool_limits(limits=2, user_api="blas"):
        assert blas_threads() == {2}
        hold_native_threads()
        assert blas_threads() == {1}

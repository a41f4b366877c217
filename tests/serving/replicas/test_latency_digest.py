from serving.replicas.latency_digest import RENEWED_EVERY, SIZE, LatencyDigest


def a_digest(latencies):
    digest = LatencyDigest()
    for seconds in latencies:
        digest.add(seconds)
    return digest


def test_a_few_calls_tell_nothing():
    assert a_digest([1.0] * (RENEWED_EVERY - 1)).p95_s is None


def test_median_and_p95_of_what_was_seen():
    digest = a_digest(range(1, SIZE + 1))
    assert (digest.p50_s, digest.p95_s) == (65, 122)


def test_what_is_old_is_forgotten():
    assert a_digest([9.0] * SIZE + [1.0] * SIZE).p95_s == 1.0


def test_tells_when_it_was_renewed():
    digest = LatencyDigest()
    renewed = [digest.add(1.0) for _ in range(RENEWED_EVERY)]
    assert renewed == [False] * (RENEWED_EVERY - 1) + [True]


def test_starts_anew():
    digest = a_digest([9.0] * SIZE)
    digest.forget()
    assert digest.p95_s is None
    for _ in range(RENEWED_EVERY):
        digest.add(1.0)
    assert digest.p95_s == 1.0

"""Growth is told from noise, and from restarts."""

import numpy as np

from tests.soak.growth import growth_of
from tests.soak.sampling import Sample, Samples

MIB = 2**20


def test_noise_and_outliers_are_no_growth():
    chance = np.random.default_rng(7)
    values = 200 * MIB + 5 * MIB * chance.standard_normal(200)
    values[::10] += 100 * MIB
    assert not growth_of("ranker", "anonymous_bytes", range(200), values).is_too_much


def test_a_slow_leak_under_noise_is_growth():
    chance = np.random.default_rng(7)
    values = 200 * MIB + 5 * MIB * chance.standard_normal(200) + np.linspace(0, 40 * MIB, 200)
    growth = growth_of("ranker", "anonymous_bytes", range(200), values)
    assert growth.is_too_much
    assert 30 * MIB < growth.grown < 50 * MIB


def test_what_falls_is_no_growth():
    assert not growth_of("ranker", "tasks", range(20), range(200, 180, -1)).is_too_much


def test_a_restart_begins_another_life():
    samples = Samples()
    for at_s in range(40):
        descriptors = 20 if at_s < 20 else 90
        samples.all.append(Sample("ranker", at_s // 20, at_s, MIB, descriptors, 5, 9.0))
    found = samples.growths(["ranker"], 0)
    assert len(found) == 8
    assert not any(growth.is_too_much for growth in found)


def test_only_the_time_from_a_moment_on_is_judged():
    samples = Samples()
    for at_s in range(40):
        samples.all.append(Sample("ranker", 1, at_s, min(at_s, 20) * 10.0 * MIB, 20, 5, None))
    assert {growth.quantity for growth in samples.growths(["ranker"], 20)} == {
        "anonymous_bytes", "descriptors", "threads",
    }  # fmt: skip
    assert any(growth.is_too_much for growth in samples.growths(["ranker"], 0))
    assert not any(growth.is_too_much for growth in samples.growths(["ranker"], 20))

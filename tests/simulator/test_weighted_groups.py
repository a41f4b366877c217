import numpy as np

from simulator.arrays import NOTHING
from simulator.weighted_groups import WeightedGroups

# Group 0: member 7 has a quarter of the weight, member 8 the rest. Group 1: no weight. 2: nobody.
GROUPS = WeightedGroups(
    np.array([0, 1, 0]), np.array([7, 9, 8]), np.array([1.0, 0.0, 3.0]), group_count=3
)


def test_members_are_drawn_in_proportion_to_their_weight():
    luck = np.linspace(0, 1, 100, endpoint=False)
    drawn = GROUPS.draw(np.zeros(100, np.int64), luck)
    assert [(drawn == member).sum() for member in (7, 8)] == [25, 75]


def test_a_group_without_weight_or_members_gives_nothing():
    assert GROUPS.draw(np.array([1, 2]), np.array([0.5, 0.5])).tolist() == [NOTHING, NOTHING]

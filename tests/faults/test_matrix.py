"""The fast rows of the fault matrix; `make faults` runs all of them."""

import pytest

from tests.faults.fault import Fault
from tests.faults.lab import Lab
from tests.faults.matrix import all_faults

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.slow]

FAST = [fault for fault in all_faults() if fault.fast]


@pytest.mark.parametrize("fault", FAST, ids=lambda fault: fault.name)
def test_is_as_expected(fault: Fault, lab: Lab) -> None:
    fault.show(lab)

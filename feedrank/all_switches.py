"""Everything that can be switched off in any service."""

from candidate_gen import pipeline
from ranker import switching

SWITCHES = (*pipeline.SWITCHES, *switching.SWITCHES)

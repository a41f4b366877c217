"""Everything that can be switched off in any service."""

from candidate_gen import pipeline
from ranker import switching as ranking
from serving.replicas import switching as calling

SWITCHES = (*pipeline.SWITCHES, *ranking.SWITCHES, *calling.SWITCHES)

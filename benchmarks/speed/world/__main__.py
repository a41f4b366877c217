"""Builds a world and prints where its generations are.

python -m benchmarks.speed.world [--items N] [--shards N] [--viewers N] [--follows N]
"""

import argparse
from dataclasses import fields

from benchmarks.speed.world.build import world
from benchmarks.speed.world.size import WorldSize

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Build a generation for the bench")
    for field in fields(WorldSize):
        parser.add_argument(f"--{field.name}", type=int, default=field.default)
    print(world(WorldSize(**vars(parser.parse_args()))))

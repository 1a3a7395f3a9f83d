"""Many branch ENIs made and deleted by one process: it takes no more memory and no more descriptors."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable
from dataclasses import dataclass

import psutil

from tests.lab.conftest import FIGURE

from .host import inputs_of, started_host
from .scene import Scene

CYCLES = int(os.environ.get("PODSG_SOAK_CYCLES", "60"))
"""Creates and deletes over the provider's protocol; from about the 25th on each waits for EC2's quotas."""
ENGINE_CYCLES = int(os.environ.get("PODSG_SOAK_ENGINE_CYCLES", "3"))
"""Pairs of an `up` with a branch ENI and one without."""
LARGE_BLOCKS_APART = {"MALLOC_MMAP_THRESHOLD_": "8192"}
"""For glibc: what the imports left free took up a leak of large blocks of 20 kB for over 100 cycles."""
MOST_BYTES = 8_000
"""Growth of the provider per cycle that counts as settling: 2 to 4 kB after 60 cycles."""
MOST_ENGINE_BYTES = 1_000_000
"""The same of a process that runs programs for the engine: 150 to 460 kB after 3 cycles, none after 20."""


@dataclass(frozen=True)
class Sample:
    """What a process holds after a cycle."""

    memory: int
    descriptors: int


@dataclass(frozen=True)
class Soak:
    """What a process holds after each of many cycles."""

    samples: list[Sample]

    @classmethod
    def of(cls, process: psutil.Process, cycle: Callable[[int], None], count: int) -> Soak:
        """Run the cycles; each is given its number."""
        samples = []
        for number in range(count):
            cycle(number)
            samples.append(Sample(process.memory_info().rss, process.num_fds()))
        return cls(samples)

    @property
    def warm(self) -> Sample:
        return self.samples[len(self.samples) // 10]

    @property
    def last(self) -> Sample:
        return self.samples[-1]

    @property
    def growth(self) -> float:
        """Return the bytes per cycle by which memory grows in the later half."""
        later = [sample.memory for sample in self.samples[len(self.samples) // 2 :]]
        return statistics.linear_regression(range(len(later)), later).slope

    def __str__(self) -> str:
        return (
            f"{len(self.samples)} cycles, from a tenth of them to the end"
            f" {self.warm.memory / 1e6:.1f} to {self.last.memory / 1e6:.1f} MB and"
            f" {self.warm.descriptors} to {self.last.descriptors} descriptors;"
            f" in the later half {self.growth:.0f} bytes more per cycle"
        )


def test_soak_over_the_protocol(enis: Scene, record_property: Callable[[str, object], None]) -> None:
    with started_host(**LARGE_BLOCKS_APART) as host:
        inputs = inputs_of(enis)

        def cycle(_number: int) -> None:
            eni_id, outputs = host.create(inputs)
            host.delete(eni_id, outputs)

        soak = Soak.of(host.process, cycle, CYCLES)
    record_property(FIGURE, f"soak of the provider: {soak}")
    assert enis.owned() == {}
    assert soak.last.descriptors == soak.warm.descriptors, str(soak)
    assert soak.growth < MOST_BYTES, str(soak)


def test_soak_through_the_engine(enis: Scene, record_property: Callable[[str, object], None]) -> None:
    group = enis.node.group("pods")

    def cycle(number: int) -> None:
        # Another name each time: what an earlier process made under it is looked for, if EC2 remembers it.
        assert enis.up(**{f"cycle-{number}": {"group_ids": [group]}}) == {"create": 1}
        assert enis.up() == {"delete": 1}
        enis.lines.clear()

    soak = Soak.of(psutil.Process(), cycle, ENGINE_CYCLES)
    record_property(FIGURE, f"soak of the engine: {soak}")
    assert enis.owned() == {}
    assert soak.last.descriptors == soak.warm.descriptors, str(soak)
    assert soak.growth < MOST_ENGINE_BYTES, str(soak)

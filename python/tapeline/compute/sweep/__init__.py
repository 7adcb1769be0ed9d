"""A strategy tried with many parameters, on one processor or on many."""

from tapeline.compute.sweep.executors import Executor, InProcess, Processes, Threads
from tapeline.compute.sweep.ray_executor import RayExecutor
from tapeline.compute.sweep.spaces import Decimals, Wholes, draws, grid
from tapeline.compute.sweep.sweep import SweepRun, sweep, to_table

__all__ = [
    "Decimals",
    "Executor",
    "InProcess",
    "Processes",
    "RayExecutor",
    "SweepRun",
    "Threads",
    "Wholes",
    "draws",
    "grid",
    "sweep",
    "to_table",
]

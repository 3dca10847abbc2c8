"""Runs every benchmark and prints what it found."""

from __future__ import annotations

import sys

from benchmarks import bridge, migrate, prefilter, startup


def main() -> None:
    """Prints the numbers of this machine."""
    print(f"Python {sys.version.split()[0]} on {sys.platform}; each number is the best of several rounds.\n")
    for benchmark in (startup, prefilter, migrate, bridge):
        for line in benchmark.measure():
            print(line)
        print()


if __name__ == "__main__":
    main()

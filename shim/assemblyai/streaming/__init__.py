"""Holds `v3`, as AssemblyAI's package does."""

from shim.assemblyai.streaming import v3

__all__ = ["v3"]

"""Holds `v3`, as AssemblyAI's package does."""

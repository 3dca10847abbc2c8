"""Proof by running: a program against the local emulator of its vendor, before and after, compared."""

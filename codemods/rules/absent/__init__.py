"""Reads of fields that the other vendor does not send, in programs that say themselves what is done without."""

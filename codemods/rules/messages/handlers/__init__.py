"""Handlers that are chosen by a message's type: tables and methods."""

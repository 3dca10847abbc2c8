"""How long sound lasts, how fast it is sent, and how it is cut."""

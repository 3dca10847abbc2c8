"""Reading what the service sends, wherever a program reads it."""

"""What a program sends: audio, the stop, controls."""

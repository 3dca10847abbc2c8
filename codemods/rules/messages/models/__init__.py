"""Types of the program's own that messages are made into, or declared to be."""

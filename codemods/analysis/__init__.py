"""Where values come from: for each expression of a program, what it can be, before anything is rewritten.

The analysis knows Python and the HTTP and WebSocket libraries; it knows no vendor. It runs the program on abstract
values, statement by statement, until nothing changes, and never guesses: what it cannot know is UNKNOWN.
"""

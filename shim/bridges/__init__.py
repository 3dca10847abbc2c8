"""Sessions of one vendor carried by the other, as state machines without I/O.

A bridge is told what happens and answers with what is to be done (`shim.bridges.actions`). It reads no clock, opens no
socket and never waits, so every order of events can be tried in a test.
"""

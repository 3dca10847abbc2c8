"""What each vendor's service says over HTTP and at a handshake, as pure functions.

`shim.faces.gladia` is the session request of Gladia's live API v2, `shim.faces.assemblyai` the query of AssemblyAI's
streaming v3: what is valid, what is refused and in which words, which addresses and headers there are. Nothing here
opens a connection or reads a clock: identifiers and times are handed in.
"""

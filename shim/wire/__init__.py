"""The two vendors' messages as typed structures, encoded as their servers and SDKs encode them.

`shim.wire.gladia` holds Gladia's live API v2 (all times in seconds), `shim.wire.assemblyai` AssemblyAI's
streaming v3 (all times in whole milliseconds). Nothing here knows of sockets or of clocks, and neither
module knows of the other.
"""

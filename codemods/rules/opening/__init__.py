"""Opening a session at AssemblyAI: the POST goes, and what opening means in either direction."""

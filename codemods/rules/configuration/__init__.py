"""The session's configuration: Gladia's request body and AssemblyAI's query, each out of the other."""

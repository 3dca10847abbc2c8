"""The rules of a migration: each asks what expressions are, and plans edits and findings."""

"""The jobs that sessions leave behind: kept in memory, in SQLite or in PostgreSQL.

`keeper` is the way in for a gateway; `store` says what a store is, `memory` and `database` are the two there are.
"""

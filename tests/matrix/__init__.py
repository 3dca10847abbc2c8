"""Programs made from named choices, and what becomes of them: the matrix of docs/matrix.md.

A dimension is a file or a table of choices (`sockets`, `posting`, `gladia_configuration`, …), `combinations` says which
choices are taken together, `gladia` and `assemblyai` make the raw programs, `gladia_sdk` and `assemblyai_sdk` those on
the vendors' SDKs, `running` runs one before and after, `python -m tests.matrix` writes the page.
"""

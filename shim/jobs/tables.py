"""The tables of the job store, the same in SQLite and PostgreSQL. Moments are milliseconds since 1970 (UTC)."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sql

VERSION: Final = 1
"""Of the tables below. A change of them is a new version and a step that leads there."""

metadata: Final = sql.MetaData()

schema: Final = sql.Table(
    "sttbridge_schema",
    metadata,
    sql.Column("version", sql.Integer, primary_key=True, autoincrement=False),
    sql.Column("secret", sql.LargeBinary, nullable=False),
)
"""One row: the version of the tables, and what owners are derived with."""

jobs: Final = sql.Table(
    "sttbridge_jobs",
    metadata,
    sql.Column("id", sql.String(36), primary_key=True),
    sql.Column("owner", sql.String(64), nullable=False),
    sql.Column("request_id", sql.String(40), nullable=False),
    sql.Column("gateway", sql.String(36), nullable=False),
    sql.Column("status", sql.String(10), nullable=False),
    sql.Column("created", sql.BigInteger, nullable=False),
    sql.Column("completed", sql.BigInteger),
    sql.Column("error_code", sql.Integer),
    sql.Column("sample_format", sql.String(10), nullable=False),
    sql.Column("sample_rate", sql.Integer, nullable=False),
    sql.Column("channels", sql.Integer, nullable=False),
    sql.Column("custom_metadata", sql.Text),
    sql.Column("post_session_metadata", sql.Text),
    sql.Column("request_params", sql.Text, nullable=False),
    sql.Column("file", sql.Text),
    sql.Column("result", sql.Text),
    sql.Index("sttbridge_jobs_of_owner", "owner", "created"),
    sql.Index("sttbridge_jobs_by_end", "completed"),
)

job_metadata: Final = sql.Table(
    "sttbridge_job_metadata",
    metadata,
    sql.Column("job", sql.String(36), primary_key=True),
    sql.Column("digest", sql.String(64), primary_key=True),
)
"""What a job's metadata can be asked for by: digests of name and text, since texts are too long for an index."""

job_audio: Final = sql.Table(
    "sttbridge_job_audio",
    metadata,
    sql.Column("job", sql.String(36), primary_key=True),
    sql.Column("number", sql.Integer, primary_key=True),
    sql.Column("piece", sql.LargeBinary, nullable=False),
)

gateways: Final = sql.Table(
    "sttbridge_gateways",
    metadata,
    sql.Column("id", sql.String(36), primary_key=True),
    sql.Column("host", sql.String(255), nullable=False),
    sql.Column("process", sql.Integer, nullable=False),
    sql.Column("seen", sql.BigInteger, nullable=False),
)
"""The gateways that share the store: the running jobs of one that is gone will never end by themselves."""

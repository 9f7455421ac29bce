"""An empty PostgreSQL schema for as long as a measurement lasts."""

from __future__ import annotations

import ipaddress
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError


@contextmanager
def schema_of_its_own(database_url: str) -> Iterator[str]:
    """A URL that leads to a new schema in this database; the schema is dropped at the end.

    Raises click.ClickException where the URL is not of a PostgreSQL on this machine, or it does not
    let us in.
    """
    try:
        url = make_url(re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", database_url))
    except ArgumentError:
        raise click.ClickException(
            "The database's URL: expected postgresql://USER:PASSWORD@127.0.0.1/NAME"
        ) from None
    if url.get_backend_name() != "postgresql" or not _is_here(url.host):
        raise click.ClickException(
            f"{url!r}: expected a PostgreSQL on this machine (127.0.0.1); SQLite needs no URL"
        )
    schema = f"warranty_bench_{uuid.uuid4().hex}"
    try:
        server = create_engine(
            url, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5}
        )
        with server.connect() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    except (SQLAlchemyError, ImportError) as error:
        raise click.ClickException(f"{url!r}: {getattr(error, 'orig', None) or error}") from None
    try:
        its_own = url.update_query_dict({"options": f"-csearch_path={schema}"})
        yield its_own.render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
        server.dispose()


def _is_here(host: str | None) -> bool:
    if not host or host == "localhost":
        return True  # without a host: a socket of this machine
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

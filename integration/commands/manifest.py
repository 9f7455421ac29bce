"""`warranty manifest`: the helpdesks' apps, made and checked and packed."""

from __future__ import annotations

from pathlib import Path

import click

from integration.manifest.kinds import FOLDER, KINDS, Kind
from integration.manifest.packages import Package
from integration.manifest.problems import Problem, errors
from integration.manifest.zipping import zipped


@click.command()
@click.argument("helpdesk", default="zendesk", type=click.Choice(list(KINDS)))
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where the app is.  [default: manifest/HELPDESK, beside this program's source]",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where something is not right.")
@click.option(
    "--zip",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Pack the app into this file, to be uploaded.",
)
@click.option(
    "--service",
    metavar="URL",
    help="With --zip: where your service is reached (https://warranty.example.com). The app may "
    "send requests to that host alone, and its admins find the address filled in.",
)
def manifest(
    helpdesk: str, folder: Path | None, check: bool, target: Path | None, service: str | None
) -> None:
    """Make what is made of a helpdesk's app, and look whether the helpdesk would take it.

    Written are requirements.json (ticket fields, macros and views, from the catalogue), the files
    of the sidebar's words (from the translations) and the version in manifest.json. Then the
    rules of the helpdesk's own validator are gone through, and some of this project's; what
    breaks one is named, all at once. Warnings are what the helpdesk takes all the same.

    Of the Freshdesk app, the sidebar is made: it is the Zendesk app's, but for the module that
    knows the helpdesk's window. What is packed is a source bundle: before it is uploaded, it goes
    through Freshworks' own `fdk validate` and `fdk pack`.
    """
    kind = KINDS[helpdesk]
    where = folder or FOLDER / helpdesk
    if not where.is_dir():
        raise click.ClickException(
            f"{where} is not there. The apps come with this program's source: run this there, or "
            "name the app's folder with --folder."
        )
    if service is not None and target is None:
        raise click.UsageError("--service is for --zip.")
    package = _up_to_date(kind, where, write=not check)
    if target is not None and service is not None:
        package = _for_service(kind, package, service)
    if _told(kind.check(package)):
        raise click.ClickException(f"{where}: the app is not fit to be uploaded.")
    if target is not None and not check:
        target.write_bytes(zipped(package.files))
        click.echo(f"Packed {len(package.files)} files into {target}.")


def _up_to_date(kind: Kind, where: Path, *, write: bool) -> Package:
    """The app with what is made of it as it should be; or none, where that is not so and nothing
    may be written."""
    package = kind.read(where)
    try:
        made = kind.made(package)
    except ValueError as error:
        _told(kind.check(package))
        raise click.ClickException(str(error)) from None
    late = [path for path, data in made.items() if package.files.get(path) != data]
    if not write and late:
        for path in late:
            click.echo(f"{path}: not what is made now", err=True)
        _told(kind.check(package))
        raise click.ClickException("Run `warranty manifest`, and keep what it writes.")
    for path in late:
        (where / path).parent.mkdir(parents=True, exist_ok=True)
        (where / path).write_bytes(made[path])
        click.echo(f"Written: {path}")
    return kind.read(where) if late else package


def _for_service(kind: Kind, package: Package, service: str) -> Package:
    try:
        return kind.for_service(package, service)
    except ValueError as error:
        raise click.UsageError(f"--service: {error}") from None


def _told(problems: list[Problem]) -> bool:
    """Says what was found; whether any of it is an error."""
    wrong = errors(problems)
    for problem in (one for one in problems if one.level == "warning"):
        click.echo(f"warning: {problem}", err=True)
    for problem in wrong:
        click.echo(f"{problem}", err=True)
    if not wrong:
        noted = len(problems)
        warnings = f", {noted} warning{'s' if noted != 1 else ''}" if noted else ""
        click.echo(f"No error{warnings}.")
    return bool(wrong)

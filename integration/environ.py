"""Settings from environment variables, by environs: what is wrong is collected, not raised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environs import Env, EnvValidationError, ValidationError, validate
from sqlalchemy.exc import ArgumentError


@dataclass(frozen=True, slots=True)
class BadSetting:
    """One setting that is missing or wrong. ``value`` is None if it is missing or a secret."""

    name: str
    value: str | None
    expected: str

    def __str__(self) -> str:
        shown = "" if self.value is None else f" is {self.value!r}:"
        return f"{self.name}{shown} expected {self.expected}"


class ConfigError(Exception):
    """The settings do not allow a start. ``settings`` lists all that is wrong with them."""

    def __init__(self, settings: tuple[BadSetting, ...]) -> None:
        super().__init__(
            "\n".join(["settings that are missing or wrong:", *(f"  {bad}" for bad in settings)])
        )
        self.settings = settings


class _Environment(Env):
    """environs over a mapping that was handed in, where it would read the process's own."""

    def __init__(self, environ: Mapping[str, str], dotenv: Path | None) -> None:
        super().__init__(eager=False)
        if dotenv is not None:
            self.read_env(dotenv, recurse=False)
        self._environ.update({k: v for k, v in environ.items() if v.strip()})

    def _get_value(self, env_key: str, default: Any) -> Any:
        value = self._environ.get(env_key, "").strip()
        return value or default


class Reader:
    """Reads setting after setting from ``environ``, then from the file ``dotenv`` if it is there.

    An empty value counts as none. A setting that is wrong is read as its default, and is among
    ``wrong()`` in the end with what was ``expected``; a ``secret`` one without its value.
    """

    def __init__(self, environ: Mapping[str, str], dotenv: Path | None) -> None:
        self._env = _Environment(environ, dotenv)
        self._expected: dict[str, tuple[str, bool]] = {}

    def text(
        self,
        name: str,
        pattern: str,
        expected: str,
        *,
        default: str | None = None,
        secret: bool = False,
    ) -> str | None:
        """Text that ``pattern`` (a regular expression) fits as a whole."""
        self._expected[name] = (expected, secret)
        whole = validate.Regexp(rf"(?:{pattern})\Z")
        value: str | None = self._env.str(name, default, validate=whole)
        return value

    def number(self, name: str, default: int, least: int, most: int, unit: str) -> int:
        """A whole number of ``unit`` from ``least`` to ``most``."""
        self._expected[name] = (f"a whole number of {unit} from {least} to {most}", False)
        within = validate.Range(least, most)
        return self._env.int(name, default, validate=within) or 0

    def flag(self, name: str) -> bool:
        """Yes or no, in any of the usual words; no by default."""
        self._expected[name] = ("true or false", False)
        return bool(self._env.bool(name, False))

    def parsed(
        self,
        name: str,
        parse: Callable[[str], Any],
        expected: str,
        *,
        default: object,
        secret: bool = False,
    ) -> Any:
        """What ``parse`` makes of the text; it raises ValueError or ArgumentError if it cannot."""
        self._expected[name] = (expected, secret)

        def usable(value: str) -> None:
            try:
                parse(value)
            except (ValueError, ArgumentError) as error:
                raise ValidationError("not valid") from error

        value = self._env.str(name, None, validate=usable)
        return default if value is None else parse(value)

    def wrong(self) -> list[BadSetting]:
        """Everything that was set and could not be used, in the order it was read."""
        try:
            self._env.seal()
        except EnvValidationError as error:
            names: Any = error.error_messages
            return [
                BadSetting(name, None if secret else str(self._env._get_value(name, "")), expected)
                for name, (expected, secret) in self._expected.items()
                if name in names
            ]
        return []

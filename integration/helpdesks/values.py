"""A field's value in our terms and in the helpdesk's, for all of them. No I/O."""

from __future__ import annotations

from integration import errors
from integration.helpdesks import Bindings, FieldValue


def to_ours(bindings: Bindings, key: str, value: FieldValue) -> FieldValue:
    """A native value in our terms: an option we know becomes ours, another stays as it is."""
    options = bindings.options.get(key)
    if not options or not isinstance(value, str | tuple) or not value:
        return value
    if isinstance(value, str):  # nearly always: no table is made for the one
        found = [option for option, native in options.items() if native == value]
        return found[-1] if found else value
    ours = {native: option for option, native in options.items()}
    return tuple(ours.get(item, item) for item in value)


def to_native(
    bindings: Bindings, key: str, value: FieldValue, *, as_read: bool = False
) -> FieldValue:
    """Our value in native terms. FieldGone for an option that the field does not have; but a
    value ``as_read`` may have options that we do not know, which are native already."""
    options = bindings.options.get(key)
    if not options or not isinstance(value, str | tuple) or not value:
        return value

    def one(option: str) -> str:
        if option in options:
            return options[option]
        if as_read or option in options.values():
            return option
        raise errors.FieldGone(f"field {key}: it is not known to have the option {option!r}")

    return one(value) if isinstance(value, str) else tuple(one(item) for item in value)


def same(one: FieldValue, other: FieldValue) -> bool:
    """Whether two values are one to a helpdesk: empty is empty, several options have no order, a
    number may come back as text."""

    def norm(value: FieldValue) -> object:
        if value is None or value in ("", ()):
            return None
        if isinstance(value, tuple):
            return frozenset(value)
        if isinstance(value, str):
            return value.replace("\r\n", "\n").strip()
        return value if isinstance(value, bool) else str(value)

    return norm(one) == norm(other) and isinstance(one, bool) == isinstance(other, bool)

"""A helpdesk on this machine with everything of ours put in place, and what people do there: the
same words for each helpdesk, so that what is promised of one is tried on all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from integration.config import Installation
from integration.helpdesks import Bindings, FieldValue
from integration.helpdesks.values import to_native
from integration.reconcile import Changes
from integration.sandbox.faults import Faults
from tests.integration.desk import option


class Place(ABC):
    """One account. Fields are told by our keys and in the policy's words; tickets by number.

    ``installation`` is the account as a worker knows it, ``environ`` the same as settings;
    ``listed`` is the path of the list of tickets that changed, as a regular expression.
    """

    helpdesk: str
    listed: str
    sandbox: Any
    installation: Installation
    bindings: Bindings

    @property
    @abstractmethod
    def environ(self) -> Mapping[str, str]: ...

    @property
    @abstractmethod
    def faults(self) -> Faults: ...

    @property
    @abstractmethod
    def lock(self) -> AbstractContextManager[object]:
        """Nothing happens there while it is held."""

    @abstractmethod
    def just_changed(self, ticket: int) -> bool:
        """Whether a save of this ticket now could not be told from its last change: the helpdesk
        counts versions in whole seconds."""

    @abstractmethod
    def file(
        self,
        values: Mapping[str, object],
        name: str,
        email: str,
        subject: str,
        text: str,
        tags: Sequence[str] = (),
    ) -> int:
        """A customer files a ticket, which comes with these tags."""

    @abstractmethod
    def change(
        self,
        ticket: int,
        values: Mapping[str, object],
        come: Sequence[str] = (),
        gone: Sequence[str] = (),
    ) -> None:
        """An agent saves fields, and tags that come and go."""

    @abstractmethod
    def delete(self, ticket: int) -> None:
        """An agent deletes a ticket."""

    @abstractmethod
    def fields(self, ticket: int) -> dict[str, FieldValue]:
        """What stands in our fields, by our options."""

    @abstractmethod
    def tags(self, ticket: int) -> frozenset[str]: ...

    @abstractmethod
    def notes(self, ticket: int) -> list[str]:
        """Its private notes, the oldest first."""

    @abstractmethod
    def replies(self, ticket: int) -> list[str]:
        """What the customer was told, the oldest first."""

    @abstractmethod
    def deafen(self) -> None:
        """From now on no webhook comes."""

    @abstractmethod
    def delivered(self) -> int:
        """How many webhooks were sent so far."""

    @abstractmethod
    def idle(self, seconds: float = 30.0) -> bool:
        """Wait until no webhook is on its way; whether that came true."""

    @abstractmethod
    def proof(self, body: bytes) -> dict[str, str]:
        """The headers of a webhook that prove a body, as the helpdesk sends them."""

    @abstractmethod
    def changes(self, bindings: Bindings, page_size: int) -> Changes:
        """The list of tickets that changed."""

    def asked(self, path: str, method: str = "") -> int:
        """How many requests came so far with this in their path."""
        return sum(
            int(one["count"])
            for one in self._requests()
            if path in one["path"] and one["method"].startswith(method)
        )

    @abstractmethod
    def exports(self) -> int:
        """How many pages of that list were asked for so far."""

    @abstractmethod
    def earlier(self) -> AbstractContextManager[None]:
        """What is done in this block was done some minutes ago, where the list that changes are
        read from is not read on exactly where it was left."""

    @abstractmethod
    def _requests(self) -> list[dict[str, Any]]: ...

    def native(self, values: Mapping[str, object]) -> dict[str, FieldValue]:
        """Fields as the helpdesk takes them: its own name, its own options."""
        return {
            self.bindings.fields[key]: to_native(self.bindings, key, option(key, value))
            for key, value in values.items()
        }

"""From an installation's settings to its helpdesk: accounts, and a connection for each review."""

from __future__ import annotations

from integration.config import Installation
from integration.helpdesks import Bindings, Helpdesk, zendesk
from integration.helpdesks.zendesk_watch import Told, WatchedAdapter
from integration.helpdesks.zendesk_wire import no_retries


def zendesk_account(installation: Installation) -> zendesk.Account:
    """The Zendesk account of an installation, with the means to get tokens for it.

    ValueError where the installation has no address or no credentials; ``Config`` sees to both.
    """
    if not installation.subdomain:
        raise ValueError(f"installation {installation.id!r}: expected a subdomain")
    if installation.token:
        token: zendesk.StaticToken | zendesk.ClientCredentials = zendesk.StaticToken(
            installation.token
        )
    elif installation.client_id and installation.client_secret:
        token = zendesk.ClientCredentials(
            installation.subdomain, installation.client_id, installation.client_secret
        )
    else:
        raise ValueError(f"installation {installation.id!r}: expected a token or an OAuth client")
    return zendesk.Account(installation.id, installation.subdomain, token)


class Connections:
    """Opens a helpdesk connection for one review in the calling thread.

    What may be shared between threads is: an installation's account, whose token is renewed once
    for all of them, and the open sockets. ``told`` hears of every request that is sent.
    """

    def __init__(self, told: Told | None = None) -> None:
        self._accounts: dict[str, zendesk.Account] = {}
        self._adapter = no_retries() if told is None else WatchedAdapter(told)

    def __call__(self, installation: Installation, bindings: Bindings) -> Helpdesk:
        """A connection to the installation's helpdesk; sends nothing yet."""
        account = self._accounts.get(installation.id)
        if account is None:
            # Two threads may both get here first; whichever account stays serves all from then on.
            account = self._accounts.setdefault(installation.id, zendesk_account(installation))
        return zendesk.connect(account, bindings, adapter=self._adapter)

"""A small stateful Freshdesk on 127.0.0.1, for trying and testing only.

It holds everything in memory, listens on loopback alone and protects nothing. It is shaped after
the Freshdesk API v2 (developers.freshdesk.com/api): the same paths, bodies, statuses, headers and
side effects, as far as a helpdesk integration can notice them. Where Freshdesk's behaviour is not
documented, the place says "guess".

What is left out on purpose: e-mail that leaves the machine, attachments, chat, portal, companies,
nested fields, sections and ticket forms, business hours, archived tickets, rules by the hour
(stored, never run), scenarios; and of the platform for apps all but a ticket's sidebar, the
request templates and the handlers of new tickets and of the installation.
"""

from integration.sandbox.freshdesk.app import account_of, create_app
from integration.sandbox.freshdesk.options import PLANS, Options, Plan
from integration.sandbox.freshdesk.server import Sandbox, running_sandbox, serve

__all__ = [
    "PLANS",
    "Options",
    "Plan",
    "Sandbox",
    "account_of",
    "create_app",
    "running_sandbox",
    "serve",
]

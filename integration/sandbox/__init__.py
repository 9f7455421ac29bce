"""A small stateful Zendesk on 127.0.0.1, for trying and testing only.

It holds everything in memory, listens on loopback alone and protects nothing. It is shaped after
the Zendesk Support API (developer.zendesk.com/api-reference/ticketing): the same paths, bodies,
statuses, headers and side effects, as far as a helpdesk integration can notice them. Where
Zendesk's behaviour is not documented, the place says "guess".

What is left out on purpose: e-mail, attachments, Help Center, messaging, business hours, SLA
clocks, and automations (they are stored, never run).
"""

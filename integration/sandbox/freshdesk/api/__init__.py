"""The small Freshdesk's HTTP API, version 2."""

"""What the app in the agents' sidebar asks of the service: a ticket judged, and judged again. It
writes nothing on a ticket."""

"""Everything that touches the world: the front door, the durable work, the helpdesks."""

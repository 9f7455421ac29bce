"""The subcommands of `warranty`, one module each."""

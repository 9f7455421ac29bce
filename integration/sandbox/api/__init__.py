"""The paths of the sandbox's API, by concern. For trying and testing only."""

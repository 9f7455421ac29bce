"""The overview: what was decided in a period, for whoever answers for it. Shown inside the helpdesk
to agents and administrators of the account, and standalone to those who signed in at the set-up
page. It only reads."""

"""The set-up page: an admin connects an account, answers the policy's open questions, tries it and
switches it on. Served standalone, and inside the helpdesk as a page of the installed app."""

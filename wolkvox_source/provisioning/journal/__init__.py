"""What was asked of wolkvox and what came of it, on disk before and after each request; never a password.

A SQLite file of mode 0600 beside dlt's pipelines.
"""

from wolkvox_source.provisioning.journal.claims import CLAIMED_ACTIONS
from wolkvox_source.provisioning.journal.entries import Entry, Whose
from wolkvox_source.provisioning.journal.journal import Journal, default_journal

__all__ = ["CLAIMED_ACTIONS", "Entry", "Journal", "Whose", "default_journal"]

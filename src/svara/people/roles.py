"""What people may be."""

from __future__ import annotations

ROLES = ("member", "agent", "supervisor", "admin", "privacy-officer")
"""What a person may be; one person may be several. Everybody is a member."""

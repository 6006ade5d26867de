"""What can go wrong with keys, in one plain sentence for whoever runs the installation."""

from __future__ import annotations


class VaultError(Exception):
    """The keys cannot be used or changed as asked; the message is one plain sentence."""


class StorageAway(VaultError):  # noqa: N818  it may answer later
    """The place where sealed files lie does not answer, or not as it should."""

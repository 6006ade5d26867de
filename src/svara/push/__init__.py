"""Waking browsers: a call shows in a browser although no page of ours is open (Web Push, RFC 8030)."""

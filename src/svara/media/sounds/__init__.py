"""Sounds that a company plays: what it uploads, what the local voice says, and the music that Svara brings."""

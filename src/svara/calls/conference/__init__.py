"""Conferences: a caller at the door, those who are in, what a moderator does, and who is told."""

"""Calendars that people subscribe to, so that a meeting shows in their presence: busy times, never what they are for."""

"""Svara answers a company's calls, and answers for the personal data that doing so needs."""

__version__ = "0.1.0"

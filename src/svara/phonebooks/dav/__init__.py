"""CardDAV (RFC 6352), to be read alone: what a program asks (`asked`), what it is told (`library`, `answers`). Pure."""

"""LDAP (RFC 4511), to be read alone: its octets (`ber`), messages, filters, the directory that is searched, the server."""

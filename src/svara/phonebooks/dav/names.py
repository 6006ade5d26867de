"""Names of WebDAV in Clark notation, "{namespace}name", and how they are written."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

DAV, CARD, SERVER = "DAV:", "urn:ietf:params:xml:ns:carddav", "http://calendarserver.org/ns/"
_PREFIXES = {DAV: "D", CARD: "C", SERVER: "S"}
DECLARED = "".join(f' xmlns:{prefix}="{space}"' for space, prefix in _PREFIXES.items())

RESOURCE_TYPE = f"{{{DAV}}}resourcetype"
DISPLAY_NAME = f"{{{DAV}}}displayname"
ETAG = f"{{{DAV}}}getetag"
CONTENT_TYPE = f"{{{DAV}}}getcontenttype"
PRINCIPAL = f"{{{DAV}}}current-user-principal"
PRINCIPAL_URL = f"{{{DAV}}}principal-URL"
OWNER = f"{{{DAV}}}owner"
PRIVILEGES = f"{{{DAV}}}current-user-privilege-set"
REPORTS = f"{{{DAV}}}supported-report-set"
SYNC_TOKEN = f"{{{DAV}}}sync-token"
HOME = f"{{{CARD}}}addressbook-home-set"
DESCRIPTION = f"{{{CARD}}}addressbook-description"
SUPPORTED_DATA = f"{{{CARD}}}supported-address-data"
DATA = f"{{{CARD}}}address-data"
COLLECTION_TAG = f"{{{SERVER}}}getctag"


def split(name: str) -> tuple[str, str]:
    """Namespace and local name."""
    space, brace, local = name.rpartition("}")
    return (space[1:], local) if brace else ("", local)


def element(name: str, content: str | None = None) -> str:
    """An element with what stands in it (XML already); empty without. A namespace that is not ours is declared on it."""
    space, local = split(name)
    prefix = _PREFIXES.get(space)
    opening = f"{prefix}:{local}" if prefix else f"{local} xmlns={quoteattr(space)}"
    closing = f"{prefix}:{local}" if prefix else local
    return f"<{opening}/>" if content is None else f"<{opening}>{content}</{closing}>"


def href(path: str) -> str:
    """A link."""
    return f"<D:href>{escape(path)}</D:href>"

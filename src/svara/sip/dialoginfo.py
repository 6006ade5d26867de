"""The dialogs of somebody, for lamps: the `dialog` event package (RFC 4235).

Always the full state, never a difference: a NOTIFY that was lost costs nothing, and a phone that cannot merge shows the
truth.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal, NamedTuple
from xml.etree.ElementTree import Element, SubElement

from svara.sip.notifier import Document, document_of
from svara.sip.syntax import printable

DIALOG: Final = "dialog"
DIALOG_INFO_TYPE: Final = "application/dialog-info+xml"
_NAMESPACE: Final = "urn:ietf:params:xml:ns:dialog-info"
_MAX_DIALOGS: Final = 16
"""No body outgrows what a datagram carries without being cut many times."""

State = Literal["trying", "early", "confirmed"]
Direction = Literal["initiator", "recipient"]


class DialogInfo(NamedTuple):
    """One dialog of who is watched (RFC 4235 section 4.1). Of its two tags the local one is that of who is watched: an
    INVITE with `Replaces: CALL-ID;to-tag=LOCAL;from-tag=REMOTE` means this dialog. Empty: not to be known."""

    id: str
    """Tells it from the watched one's other dialogs, as long as it stands."""
    state: State
    direction: Direction
    call_id: str = ""
    local_tag: str = ""
    remote_tag: str = ""
    remote_uri: str = ""
    remote_name: str = ""
    held: bool = False
    """Who is watched put the other on hold (RFC 5359 section 2.1 and the feature tag `sip.rendering` of RFC 4235)."""


@lru_cache(4096)
def dialog_info(entity: str, dialogs: tuple[DialogInfo, ...]) -> Document:
    """The dialogs of `entity` (a SIP URI); none: nobody talks, and nothing rings."""
    root = Element("dialog-info", {"xmlns": _NAMESPACE, "version": "0", "state": "full", "entity": entity})
    for one in dialogs[:_MAX_DIALOGS]:
        named = {"call-id": one.call_id, "local-tag": one.local_tag, "remote-tag": one.remote_tag}
        attributes = {"id": one.id} | {name: value for name, value in named.items() if value}
        element = SubElement(root, "dialog", attributes | {"direction": one.direction})
        SubElement(element, "state").text = one.state
        if one.remote_uri:
            remote = SubElement(element, "remote")
            shown = {"display": printable(one.remote_name)} if one.remote_name else {}
            SubElement(remote, "identity", shown).text = printable(one.remote_uri)
            SubElement(remote, "target", {"uri": printable(one.remote_uri)})
        local = SubElement(element, "local")
        SubElement(local, "identity").text = entity
        target = SubElement(local, "target", {"uri": entity})
        if one.held:
            SubElement(target, "param", {"pname": "+sip.rendering", "pvalue": "no"})
    return document_of(root)

"""Softphones: Linphone's remote provisioning (XML after its `lpconfig.xsd`) and baresip's file `accounts`."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from svara.people.office import REALM
from svara.people.provisioning.setup import EXPIRES_SECONDS, Setup, bare, document, element

_NAMESPACE = "http://www.linphone.org/xsds/lpconfig.xsd"
_BARESIP_CODECS = "opus,G722,PCMA,PCMU"


def linphone(setup: Setup) -> str:
    """Linphone's XML: it replaces the first account, and says where the settings are fetched from now on."""
    root = ET.Element("config", {"xmlns": _NAMESPACE})
    who, where = f"sip:{setup.login}@{setup.host}", f"sip:{setup.server};transport={setup.transport}"
    sections: dict[str, dict[str, str | int]] = {
        "misc": {"config-uri": f"{setup.address}linphone.xml", "transient_provisioning": 0},
        "sip": {"default_proxy": 0, "register_only_when_network_is_up": 0, "use_info": 0, "use_rfc2833": 1},
        "proxy_0": {
            "reg_proxy": f"<{where}>",
            "reg_identity": f'"{bare(setup.name)}" <{who}>',
            "reg_expires": EXPIRES_SECONDS,
            "reg_sendregister": 1,
            "publish": 0,
        },
        "auth_info_0": {
            "username": setup.login,
            "userid": setup.login,
            "passwd": setup.secret,
            "realm": REALM,
            "domain": setup.host,
        },
    }
    for name, entries in sections.items():
        section = ET.SubElement(root, "section", {"name": name})
        for key, value in entries.items():
            element(section, "entry", value, name=key, overwrite="true")
    return document(root)


def baresip(setup: Setup) -> str:
    """baresip's `accounts`: one line, and where to fetch it again."""
    parameters = {
        "auth_user": setup.login,
        "auth_pass": setup.secret,
        "regint": EXPIRES_SECONDS,
        "audio_codecs": _BARESIP_CODECS,
        "dtmfmode": "rtpevent",
        "mwi": "yes",
    }
    line = f'"{bare(setup.name)}" <sip:{setup.login}@{setup.server};transport={setup.transport}>'
    told = ";".join(f"{name}={value}" for name, value in parameters.items())
    return f"# Svara. To be fetched again from {setup.address}accounts\n{line};{told}\n"

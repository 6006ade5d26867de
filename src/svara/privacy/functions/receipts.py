"""The receipt of a decision, to keep: a document in the shape of ISO/IEC TS 27560:2023, as JSON-LD in the words of the
W3C's Data Privacy Vocabulary, signed by this installation.

The signature is a W3C Data Integrity proof (`eddsa-jcs-2022`): whoever has the receipt can check it without us, by the
public key in it. Whether it is ours, and whether it still holds, `check` tells.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from functools import cache
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from svara.privacy.functions import ledger
from svara.privacy.functions.models import Consent
from svara.privacy.functions.registry import FUNCTIONS, OUTSIDE
from svara.privacy.subject import Subject, account_of

SCHEMA_VERSION = "ISO/IEC TS 27560:2023"
MAX_BYTES = 64 * 1024
"""A file that is larger is no receipt of ours."""
PROOF, SUITE = "DataIntegrityProof", "eddsa-jcs-2022"
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519_PUBLIC = b"\xed\x01"
"""Multicodec prefix of an Ed25519 public key (https://www.w3.org/TR/controller-document/#Multikey)."""
_STATES = {
    "given": "ConsentGiven",
    "refused": "ConsentRefused",
    "withdrawn": "ConsentWithdrawn",
    "asked-again": "ConsentRequested",
}

CONTEXT: dict[str, Any] = {
    "dpv": "https://w3id.org/dpv#",
    "dct": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "fides": "https://ethyca.github.io/fideslang/taxonomy/data_categories/#",
    "svara": "urn:svara:receipt:",
    "sec": "https://w3id.org/security#",
    "schema_version": "dct:hasVersion",
    "receipt_id": "dct:identifier",
    "record_id": "dct:source",
    "pii_principal_id": "dpv:hasDataSubject",
    "pii_processing": "dpv:hasProcess",
    "privacy_notice": "dpv:hasNotice",
    "language": "dct:language",
    "purposes": "dpv:hasPurpose",
    "purpose": "dct:identifier",
    "title": "dct:title",
    "description": "dct:description",
    "lawful_basis": {"@id": "dpv:hasLegalBasis", "@type": "@id"},
    "pii_information": {"@id": "dpv:hasPersonalData", "@type": "@id"},
    "pii_controllers": "dpv:hasDataController",
    "collected_pii": "svara:collected",
    "jurisdiction": "dpv:hasJurisdiction",
    "withdrawal_method": "svara:withdrawal",
    "party_identification": "dpv:hasEntity",
    "party_id": "dct:identifier",
    "party_name": "dpv:hasName",
    "party_role": {"@id": "dpv:hasRole", "@type": "@id"},
    "events": "dct:hasPart",
    "event_time": {"@id": "dct:date", "@type": "xsd:dateTime"},
    "event_type": {"@id": "svara:kind", "@type": "@id"},
    "event_state": {"@id": "dpv:hasConsentStatus", "@type": "@id"},
    "entity_id": "dpv:isIndicatedBy",
    "method": "dpv:hasIndicationMethod",
    "evidence": "svara:evidence",
    "version": "svara:version",
    "digest": "svara:digest",
    "record_digest": "svara:recordDigest",
    "proof": {"@id": "sec:proof", "@type": "@id", "@container": "@graph"},
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """One decision, to keep. `document` is JSON."""

    id: str
    purpose: str
    enabled: bool
    """Whether that decision was a yes."""
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a receipt is worth. "forged": changed, invented, or another installation's; `in_force`: nothing newer was
    decided since about the same purpose."""

    outcome: Literal["genuine", "forged"]
    why: str = ""
    decision: str = ""
    purpose: str = ""
    in_force: bool = False


def receipt_of(entry: Consent) -> Receipt:
    """The signed receipt of an entry of the ledger."""
    function = FUNCTIONS.get(entry.purpose) or OUTSIDE.get(entry.purpose)
    tenant = entry.tenant
    entity = "PII principal" if account_of(Subject(entry.subject)) or entry.decision != "asked-again" else "PII controller"
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "dpv:ConsentRecord",
        "schema_version": SCHEMA_VERSION,
        "receipt_id": entry.id,
        "record_id": f"{entry.subject}#{entry.number}",
        "pii_principal_id": entry.subject,
        "pii_processing": {
            "privacy_notice": {
                "version": entry.text_version,
                "digest": hashlib.sha256(ledger.canonical(entry.text)).hexdigest(),
            },
            "language": entry.language,
            "purposes": [
                {
                    "purpose": entry.purpose,
                    "title": entry.text.get("title", entry.purpose),
                    "description": entry.text.get("purpose", ""),
                    "collected_pii": entry.text.get("collects", ""),
                    "lawful_basis": "gdpr:A6-1-a",
                    "pii_information": [f"fides:{key}" for key in (function.data_classes if function else ())],
                    "pii_controllers": [tenant.slug],
                    "jurisdiction": tenant.country,
                    "withdrawal_method": "/my-data/functions/" if account_of(Subject(entry.subject)) else "",
                }
            ],
        },
        "party_identification": [{"party_id": tenant.slug, "party_name": tenant.name, "party_role": "dpv:DataController"}],
        "events": [
            {
                "event_time": entry.at.astimezone(UTC).isoformat(),
                "event_type": "dpv:ExplicitlyExpressedConsent",
                "event_state": f"dpv:{_STATES[entry.decision]}",
                "entity_id": entity,
                "method": entry.how,
                "evidence": entry.evidence,
            }
        ],
        "record_digest": entry.hash,
    }
    document["proof"] = _sign(document, created=entry.at.astimezone(UTC).isoformat(timespec="seconds"))
    return Receipt(entry.id, entry.purpose, entry.decision == "given", document)


def check(document: object, tenant_id: str | None = None) -> Verdict:
    """What a receipt is worth; with `tenant_id` one of another company is as forged as an invented one. Never raises,
    whatever is given."""
    if not isinstance(document, Mapping):
        return Verdict("forged", "it is no receipt")
    try:
        signed = _is_signed_by_us(dict(document))
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError):
        return Verdict("forged", "it is no receipt")
    if not signed:
        return Verdict("forged", "the signature is not that of this installation")
    entry = Consent.all_tenants.filter(pk=str(document["receipt_id"])[:32], hash=str(document["record_digest"])[:64]).first()
    if entry is None or tenant_id not in (None, entry.tenant_id):
        return Verdict("forged", "there is no such decision in the ledger")
    last = ledger.newest(entry.tenant_id, Subject(entry.subject), entry.purpose)
    return Verdict("genuine", "", entry.decision, entry.purpose, in_force=last is not None and last.pk == entry.pk)


def public_key() -> str:
    """The installation's key for receipts, as a did:key."""
    raw = _key(settings.RECEIPT_SEED).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"did:key:z{base58(_ED25519_PUBLIC + raw)}"


def _sign(document: Mapping[str, Any], created: str) -> dict[str, Any]:
    did = public_key()
    proof = {
        "type": PROOF,
        "cryptosuite": SUITE,
        "created": created,
        "verificationMethod": f"{did}#{did.removeprefix('did:key:')}",
        "proofPurpose": "assertionMethod",
    }
    signature = _key(settings.RECEIPT_SEED).sign(_digest(document, proof))
    return proof | {"proofValue": f"z{base58(signature)}"}


def _is_signed_by_us(document: dict[str, Any]) -> bool:
    proof = dict(document.pop("proof"))
    value = str(proof.pop("proofValue"))
    did = public_key()
    if (
        proof.get("verificationMethod") != f"{did}#{did.removeprefix('did:key:')}"
        or proof.get("type") != "DataIntegrityProof"
    ):
        return False
    if not value.startswith("z") or len(value) > 100 or proof.get("cryptosuite") != "eddsa-jcs-2022":
        return False
    try:
        _key(settings.RECEIPT_SEED).public_key().verify(unbase58(value[1:]), _digest(document, proof))
    except InvalidSignature:
        return False
    return True


def _digest(document: Mapping[str, Any], proof: Mapping[str, Any]) -> bytes:
    """What is signed (Data Integrity EdDSA Cryptosuites 1.0, section 3.3): the proof's options take the context."""
    options = {**proof, "@context": document["@context"]}
    return hashlib.sha256(ledger.canonical(options)).digest() + hashlib.sha256(ledger.canonical(document)).digest()


@cache
def _key(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed)


def base58(content: bytes) -> str:
    """Base58 with the Bitcoin alphabet, as multibase "z" has it."""
    number, text = int.from_bytes(content, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = _ALPHABET[rest] + text
    return "1" * (len(content) - len(content.lstrip(b"\0"))) + text


def unbase58(text: str) -> bytes:
    """The bytes that `base58` wrote. Raises ValueError."""
    number = 0
    for sign in text:
        number = number * 58 + _ALPHABET.index(sign)
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")

"""Certificates of tests."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Made = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def certificate(names: list[str], since: datetime, until: datetime) -> Made:
    """One for these names."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "doctor")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(since).not_valid_after(until)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False)
    return builder.sign(key, hashes.SHA256()), key


def written(folder: Path, made: Made) -> tuple[Path, Path]:
    """Its two files."""
    folder.mkdir(exist_ok=True)
    places = folder / "cert.pem", folder / "key.pem"
    places[0].write_bytes(made[0].public_bytes(serialization.Encoding.PEM))
    places[1].write_bytes(
        made[1].private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return places

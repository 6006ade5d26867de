"""The mail server: connect, encrypt, sign in; a mail is sent only where the person at the terminal names an address."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage

from svara.cli.doctor.model import Check, Finding, Patient, fault, none, ok
from svara.cli.doctor.office import plain

CONNECT_SECONDS = 8.0
_SETTING = "look at SVARA_SMTP_URL, and ask whoever runs the mail server"


def smtp(patient: Patient) -> Finding:
    """Everything but a mail."""
    if not patient.settings.get("SVARA_SMTP_URL"):
        return none("no mail server is set (SVARA_SMTP_URL): notices of voice messages and reminders are not sent")
    from django.conf import settings  # noqa: PLC0415  reads the environment

    host, port = settings.EMAIL_HOST, settings.EMAIL_PORT
    if not host:
        return fault("SVARA_SMTP_URL names no mail server", "write smtp://user:password@host:587 or smtps://...")
    step = f"the mail server {host}, port {port}, is not reached"
    try:
        with _connected(host, port, implicit=settings.EMAIL_USE_SSL) as server:
            step = "the mail server does not greet as one does (EHLO)"
            server.ehlo_or_helo_if_needed()
            if settings.EMAIL_USE_TLS:
                step = "the mail server does not encrypt (STARTTLS)"
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            if settings.EMAIL_HOST_USER:
                step = "the mail server refuses our login"
                server.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
            if patient.wishes.mail:
                step = "the mail server does not take a mail"
                server.send_message(_mail(settings.DEFAULT_FROM_EMAIL, patient.wishes.mail))
    except ssl.SSLCertVerificationError as error:
        return fault(f"{step}: its certificate is not trusted ({error.verify_message})", _SETTING)
    except (OSError, smtplib.SMTPException) as error:
        return fault(f"{step}: {_said(error)}", _SETTING)
    encrypted = settings.EMAIL_USE_SSL or settings.EMAIL_USE_TLS
    how = f"{'encrypted' if encrypted else 'not encrypted'}{', signed in' if settings.EMAIL_HOST_USER else ''}"
    sent = "; it took a mail: look whether it arrives" if patient.wishes.mail else "; no mail was sent (--mail ADDRESS does)"
    return ok(f"{host}, port {port}, answers: {how}{sent}")


def _connected(host: str, port: int, *, implicit: bool) -> smtplib.SMTP:
    if implicit:
        return smtplib.SMTP_SSL(host, port, timeout=CONNECT_SECONDS, context=ssl.create_default_context())
    return smtplib.SMTP(host, port, timeout=CONNECT_SECONDS)


def _mail(sender: str, to: str) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Svara can send mail", sender, to
    mail.set_content("This mail was asked for with `svara doctor --mail`. It arrived, so mail works.\n")
    return mail


def _said(error: Exception) -> str:
    """What a mail server answered, by its number alone: its words may name somebody."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it answered {error.smtp_code}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "it refuses that address"
    if isinstance(error, smtplib.SMTPException) and not str(error):
        return "it broke off"
    return plain(error)


CHECKS = (Check("mail", "Mail", "connected to the mail server, encrypted and signed in", smtp),)

"""`svara staff`: who works for the provider. Thin, as every command; what they may reach, each company decides."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from svara.cli.privacy import DEFAULT_DATA, Data, open_data

app = typer.Typer(help="Who works for the provider and may ask companies for access.", rich_markup_mode=None)
Email = Annotated[str, typer.Option("--email", metavar="ADDRESS", help="With it they sign in.")]
Whose = Annotated[str, typer.Argument(metavar="ADDRESS", help="Their e-mail address.")]


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As companies will read it.")],
    email: Email,
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="support or engineer.")] = "support",
    data: Data = DEFAULT_DATA,
) -> None:
    """Add somebody, and print the invitation by which they set their password."""
    open_data(data)
    from svara.people import staffdoor  # noqa: PLC0415

    staff, token = staffdoor.do_add(name, email, role)
    _print_invitation(staff.name, token)


@app.command()
def invite(email: Whose, data: Data = DEFAULT_DATA) -> None:
    """Print a new invitation, for who has lost the password."""
    open_data(data)
    from svara.people import staffdoor  # noqa: PLC0415

    _print_invitation(email, staffdoor.do_invite(email))


@app.command("list")
def list_(data: Data = DEFAULT_DATA) -> None:
    """Everybody, with role and last sign-in."""
    open_data(data)
    from svara.people import staffdoor  # noqa: PLC0415

    found = staffdoor.members()
    for one in found:
        last = f"last here {one.last_login:%Y-%m-%d}" if one.last_login else "never here"
        print(f"{one.name}  {one.email}  {one.role}  {last}")
    if not found:
        print("Nobody: no company can be looked at by staff.")


@app.command("reset-factor")
def reset_factor(email: Whose, data: Data = DEFAULT_DATA) -> None:
    """Take away their app with codes, for who has lost it."""
    open_data(data)
    from svara.people.second import staff as second  # noqa: PLC0415

    second.do_reset_code(email)
    print("The password alone opens the door again.")


@app.command()
def remove(email: Whose, data: Data = DEFAULT_DATA) -> None:
    """They work here no more: out of every company with their next request."""
    open_data(data)
    from svara.people import staffdoor  # noqa: PLC0415

    ended = staffdoor.do_remove(email)
    print(f"Removed. Accesses and questions that ended with it: {ended}.")


def _print_invitation(name: str, token: str) -> None:
    from svara.people.staffdoor import INVITATION_LIFETIME  # noqa: PLC0415

    base = os.environ.get("SVARA_URL", "").rstrip("/")
    print(f"{name}: invitation, for {INVITATION_LIFETIME.days} days, to be used once: {base}/staff/invitation/{token}")
    if not base:
        print("Put the address of your web server in front of it, or set SVARA_URL.")

"""A company's privacy policy, written from the facts in the language that is active: nothing in it that is not so.

A function of facts and particulars alone, so that the same facts always give the same words.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from svara.privacy import words
from svara.privacy.catalogue import Basis, Purpose, Recipient, Retention, Source, Subject
from svara.privacy.functions.registry import FUNCTIONS
from svara.privacy.policies.document import Document, Section, Table
from svara.privacy.policies.facts import External, Facts, Use
from svara.privacy.policies.models import Particulars
from svara.privacy.policies.port import features
from svara.privacy.registers.authorities import authority as authority_of


def policy(facts: Facts, particulars: Particulars, country: str) -> Document:
    """The whole policy. `country` is the company's (ISO 3166-1)."""
    name = particulars.controller_name
    sections = [
        who_answers(particulars),
        Section(_("What the telephone system does"), points=tuple(_features(facts))),
        *purposes(facts),
        *_functions(facts),
        recipients(facts, name),
        protection(facts, particulars),
        _rights(particulars, country),
    ]
    return Document(_("Privacy policy of %(company)s for its telephone system") % {"company": name}, tuple(sections))


def who_answers(particulars: Particulars) -> Section:
    """Controller, data protection officer and processor; what the company has not said yet stands as a gap to be filled."""
    gap = _("[to be filled in]")
    of = {
        "name": particulars.controller_name or gap,
        "address": particulars.controller_address or gap,
        "contact": particulars.controller_contact or gap,
        "provider": particulars.provider_name,
        "provider_address": particulars.provider_address or gap,
        "provider_contact": particulars.provider_contact or gap,
        "dpo": particulars.dpo_contact,
    }
    told = [
        _("%(name)s, %(address)s, answers for the personal data described here (controller, Article 4(7) GDPR).") % of,
        _("Questions and requests about data go to: %(contact)s.") % of,
    ]
    if particulars.dpo_contact:
        told.append(_("The data protection officer is reached at: %(dpo)s.") % of)
    if particulars.provider_name:
        told.append(
            _(
                "%(provider)s, %(provider_address)s, runs the telephone system for %(name)s and on its instructions "
                "(processor, Article 28 GDPR); contact: %(provider_contact)s."
            )
            % of
        )
    else:
        told.append(_("%(name)s runs the telephone system itself.") % of)
    return Section(_("Who answers for the data"), tuple(told))


def purposes(facts: Facts) -> list[Section]:
    """One section for each purpose, with a row for all data of which the same is to be said."""
    heads = (
        pgettext("catalogue", "Data"),
        pgettext("catalogue", "About"),
        pgettext("catalogue", "Basis"),
        pgettext("source", "From"),
        pgettext("catalogue", "Who sees it"),
        pgettext("catalogue", "Kept"),
    )
    return [
        Section(purpose.text, table=Table(heads, tuple(_rows(use for use in facts.uses if use.purpose == purpose))))
        for purpose in Purpose
        if any(use.purpose == purpose for use in facts.uses)
    ]


def recipients(facts: Facts, company: str) -> Section:
    """Who outside gets data."""
    title = _("Who outside gets data")
    if not facts.outsiders:
        text = _("Nobody outside of %(company)s gets data, but the other side of a call: what is said, and who calls.")
        return Section(title, (text % {"company": company},))
    text = _("Besides the other side of a call (what is said, and who calls), data go to:")
    return Section(title, (text,), tuple(outsider(each) for each in facts.outsiders))


def outsider(external: External) -> str:
    """Somebody outside, in words."""
    kind = words.recipient(Recipient(external.kind))
    where = f" ({external.country})" if external.country else ""
    ground = f"; {words.ground(external.ground)}" if external.ground else ""
    return f"{external.name}{where}: {kind}{ground}"


def protection(facts: Facts, particulars: Particulars) -> Section:
    """Where data are, and what guards them: only what this installation really does."""
    told = []
    if particulars.storage_place:
        told.append(
            _("Data are kept in: %(place)s (%(country)s).")
            % {"place": particulars.storage_place, "country": particulars.storage_country}
        )
    return Section(_("Where data are, and what guards them"), tuple(told), tuple(measures(facts)))


def measures(facts: Facts) -> Iterable[str]:
    """What guards data, one sentence each (Article 32 GDPR)."""
    yield _("Of passwords, PINs and the secrets of phones only hashes are kept.")
    yield _("Each company's data can be read and changed by its own people alone, as far as their roles reach.")
    yield _("The folder with all data can be entered by the user alone under which the system runs.")
    yield _("Log files hold no names, numbers or addresses.")
    yield _("Who views or changes what is about others is written into a log that can only grow and shows tampering.")
    sealed = sorted({words.category(use.category) for use in facts.uses if use.vaulted})
    if sealed:
        text = _("Stored encrypted, with keys of those whom it is about, which erasing destroys: %(what)s.")
        yield text % {"what": "; ".join(sealed)}
    if facts.encrypted:
        yield _("Browsers reach the pages over encrypted connections only.")
    yield _("Pages set strictly necessary cookies only, load nothing from others, and nothing calls home.")


def _features(facts: Facts) -> Iterable[str]:
    texts = {feature.key: str(feature.text) for feature in features()}
    yield _("It connects the calls of the people who work here and shows them and their colleagues who can be reached.")
    yield from (texts[key] for key in facts.features if key in texts)


def _functions(facts: Facts) -> list[Section]:
    if not facts.functions:
        return []
    texts = [FUNCTIONS[key].read() for key, _version in facts.functions if key in FUNCTIONS]
    told = _("These functions are off until a person switches them on for themselves, and off again when they say so:")
    points = tuple(f"{text.title}: {text.purpose} ({text.collects})" for text in texts)
    return [Section(_("What people switched on for themselves"), (told,), points)]


def _rows(uses: Iterable[Use]) -> Iterable[tuple[str, ...]]:
    """A row for all kinds of data of which the same is to be said."""
    found: dict[tuple[str, ...], set[str]] = {}
    for use in uses:
        said = (
            words.subject(Subject(use.subject)),
            words.basis(Basis(use.basis)),
            words.source(Source(use.source)),
            ", ".join(words.recipient(Recipient(each)) for each in use.recipients),
            words.retention(Retention(use.owner, use.days, use.since)),
        )
        found.setdefault(said, set()).add(words.category(use.category))
    return sorted(("; ".join(sorted(categories)), *said) for said, categories in found.items())


def _rights(particulars: Particulars, country: str) -> Section:
    known = authority_of(country)
    elsewhere = _("the data protection authority of the country where you live or work")
    authority = f"{known.name}, {known.site}" if known else elsewhere
    return Section(
        _("Your rights"),
        (_("You may, at any time and free of charge, ask %(name)s:") % {"name": particulars.controller_name},),
        (
            _("what is stored about you, and for a copy of it (Articles 15 and 20 GDPR)"),
            _("to correct what is wrong (Article 16)"),
            _("to erase what is no longer needed, or to stop using it for a time (Articles 17 and 18)"),
            _("to stop what is done on legitimate interest, for reasons of your own situation (Article 21)"),
            _("to end a consent: it ends at once, and what was done before stays lawful (Article 7)"),
            _("Complaints go to %(contact)s, or to the authority: %(authority)s.")
            % {"contact": particulars.controller_contact or _("[to be filled in]"), "authority": authority},
        ),
    )

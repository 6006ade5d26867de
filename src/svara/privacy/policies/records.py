"""The record of processing activities (Article 30 GDPR) and the annex of a processor agreement (Article 28), from facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from svara.privacy import words
from svara.privacy.catalogue import Basis, Purpose, Recipient, Retention, Subject
from svara.privacy.policies.document import Document, Section, Table
from svara.privacy.policies.facts import Facts, Use
from svara.privacy.policies.models import Particulars
from svara.privacy.policies.writing import measures, outsider, who_answers
from svara.privacy.registers.recipients import Known
from svara.privacy.registers.transfers import EEA


def record_of_processing(facts: Facts, particulars: Particulars, known: Sequence[Known]) -> Document:
    """What Article 30(1) asks of the controller; 30(2) of its processor, where there is one."""
    sections = [who_answers(particulars)]
    sections += [_activity(purpose, facts) for purpose in Purpose if any(use.purpose == purpose for use in facts.uses)]
    sections += [_recipients(known), _transfers(facts, particulars), _measures(facts)]
    title = _("Record of processing activities of %(company)s (Article 30 GDPR)") % {"company": particulars.controller_name}
    return Document(title, tuple(sections))


def processor_annex(facts: Facts, particulars: Particulars, known: Sequence[Known]) -> Document:
    """What Article 28(3) wants set out in the contract: what is processed, how, and by whose help. Only where there is a
    processor (`provider_name`)."""
    of = {"company": particulars.controller_name, "provider": particulars.provider_name}
    subjects = sorted({words.subject(Subject(use.subject)) for use in facts.uses})
    categories = sorted({words.category(use.category) for use in facts.uses})
    processing = (
        _("Subject: %(provider)s runs the telephone system of %(company)s.") % of,
        _("Duration: as long as the contract; then all data of the company are handed over and removed.") % of,
        _("Purposes: %(purposes)s.") % {"purposes": "; ".join(_purposes(facts))},
        _("People: %(people)s.") % {"people": "; ".join(subjects)},
        _("Data: %(data)s.") % {"data": "; ".join(categories)},
    )
    duties = (
        _(
            "%(provider)s processes data on documented instructions alone: the settings of the company, each change of "
            "which is logged with its author."
        )
        % of,
        _("%(provider)s commits everybody with access to confidentiality.") % of,
        _(
            "%(provider)s helps %(company)s to answer requests of people whom data are about, by what the system does: "
            "export, correction, restriction and erasure."
        )
        % of,
        _("%(company)s can see in the catalogue and the logs at any time what is stored and who saw it.") % of,
    )
    others = tuple(outsider(each) for each in facts.outsiders if each.kind != Recipient.HOST) or (_("None."),)
    return Document(
        _("Annex to the processor agreement between %(company)s and %(provider)s (Article 28 GDPR)") % of,
        (
            who_answers(particulars),
            Section(_("The processing"), points=processing),
            Section(_("Duties of the processor"), points=duties),
            _measures(facts),
            Section(_("Further processors and recipients"), points=others, table=_table(known)),
        ),
    )


def _measures(facts: Facts) -> Section:
    return Section(_("Measures of security (Article 32 GDPR)"), points=tuple(measures(facts)))


def _purposes(facts: Facts) -> Iterable[str]:
    return (purpose.text for purpose in Purpose if any(use.purpose == purpose for use in facts.uses))


def _activity(purpose: Purpose, facts: Facts) -> Section:
    uses = [use for use in facts.uses if use.purpose == purpose]
    bases = sorted({words.basis(Basis(use.basis)) for use in uses})
    heads = (_("People"), _("Data"), _("Recipients"), _("Time limit"))
    return Section(
        purpose.text,
        (_("Legal basis: %(bases)s.") % {"bases": "; ".join(bases)},),
        table=Table(heads, tuple(sorted(dict.fromkeys(map(_row, uses))))),
    )


def _row(use: Use) -> tuple[str, ...]:
    return (
        words.subject(Subject(use.subject)),
        words.category(use.category),
        ", ".join(words.recipient(Recipient(each)) for each in use.recipients),
        words.retention(Retention(use.owner, use.days, use.since)),
    )


def _recipients(known: Sequence[Known]) -> Section:
    """Article 30(1)(d): who outside gets what for which purpose, and what the register does not say of them."""
    title = pgettext("register", "Recipients")
    table = _table(known)
    return Section(title, table=table) if table else Section(title, (_("None."),))


def _table(known: Sequence[Known]) -> Table | None:
    heads = (
        pgettext("register", "Recipient"),
        pgettext("register", "Purposes"),
        pgettext("register", "Data"),
        pgettext("register", "Country"),
        pgettext("register", "Role and contract"),
        pgettext("register", "Still open"),
    )
    rows = tuple(
        (
            f"{each.name}: {words.recipient(each.kind)}",
            "; ".join(purpose.text for purpose in each.purposes),
            "; ".join(each.data),
            ", ".join(filter(None, (each.country, each.ground and words.ground(each.ground)))),
            ", ".join(filter(None, (each.role and words.role(each.role), each.entry.contract))),
            "; ".join(words.gap(gap) for gap in each.gaps),
        )
        for each in known
        if not each.closed
    )
    return Table(heads, rows) if rows else None


def _transfers(facts: Facts, particulars: Particulars) -> Section:
    title = _("Transfers to countries outside of the EEA")
    away = [each for each in facts.outsiders if each.country and each.country not in EEA]
    unknown = [each for each in facts.outsiders if not each.country]
    told = []
    if particulars.storage_country and particulars.storage_country not in EEA:
        told.append(
            _("Data are kept in: %(place)s (%(country)s).")
            % {"place": particulars.storage_place, "country": particulars.storage_country}
        )
    if unknown:
        told.append(
            _("The company has not said in which country these are: %(names)s.")
            % {"names": ", ".join(each.name for each in unknown)}
        )
    if not away and not told:
        told.append(_("None."))
    return Section(title, tuple(told), tuple(outsider(each) for each in away))

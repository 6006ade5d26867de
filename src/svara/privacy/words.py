"""The words of the catalogue, in the reader's language: categories, bases, sources, recipients, things and when they go.

What has no words here yet is shown by its key, so that nothing that is stored is ever left out of a page or a policy.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from svara.privacy.catalogue import Basis, Recipient, Retention, Source, Subject

CATEGORIES: dict[str, Promise] = {
    "system.authentication": pgettext_lazy("data", "Proof of who signs in, as keyed hashes"),
    "system.operations": pgettext_lazy("data", "Settings of the company and the installation"),
    "user.account": pgettext_lazy("data", "The account and its changes"),
    "user.account.username": pgettext_lazy("data", "User name"),
    "user.authorization": pgettext_lazy("data", "What somebody may do"),
    "user.authorization.credentials": pgettext_lazy("data", "Keys and tokens, as hashes"),
    "user.authorization.password": pgettext_lazy("data", "Password, as a hash"),
    "user.behavior": pgettext_lazy("data", "Times of calls and of work on the phone"),
    "user.contact": pgettext_lazy("data", "Ways to reach somebody"),
    "user.contact.email": pgettext_lazy("data", "E-mail address"),
    "user.contact.phone_number": pgettext_lazy("data", "Telephone number"),
    "user.content.private": pgettext_lazy("data", "What somebody said or wrote"),
    "user.demographic.language": pgettext_lazy("data", "Language"),
    "user.device": pgettext_lazy("data", "Devices"),
    "user.device.device_id": pgettext_lazy("data", "Name of a device"),
    "user.device.ip_address": pgettext_lazy("data", "Network address of a device"),
    "user.device.telemetry": pgettext_lazy("data", "How a call went, and how well it could be heard"),
    "user.location.precise": pgettext_lazy("data", "Position"),
    "user.name": pgettext_lazy("data", "Name"),
    "user.privacy_preferences": pgettext_lazy("data", "Choices about one's own data"),
    "user.professional_information": pgettext_lazy("data", "Role and skills at work"),
    "user.professional_information.workplace": pgettext_lazy("data", "Place of work"),
    "user.settings": pgettext_lazy("data", "Settings"),
    "user.social_activity": pgettext_lazy("data", "Who talked with whom"),
    "user.unique_id": pgettext_lazy("data", "Internal id of a person"),
}

BASES: dict[Basis, Promise] = {
    Basis.CONSENT: _("consent, Article 6(1)(a) GDPR"),
    Basis.CONTRACT: _("contract, Article 6(1)(b) GDPR"),
    Basis.LEGAL_OBLIGATION: _("legal obligation, Article 6(1)(c) GDPR"),
    Basis.LEGITIMATE_INTEREST: _("legitimate interest, Article 6(1)(f) GDPR"),
    Basis.NOT_PERSONAL: _("not about a person"),
}

SUBJECTS: dict[Subject, Promise] = {
    Subject.EMPLOYEE: _("people of the company"),
    Subject.OUTSIDE_PERSON: _("callers and contacts"),
    Subject.ANYONE: _("people of the company, callers and contacts"),
    Subject.PROVIDER_STAFF: _("support staff of the provider"),
    Subject.NOBODY: _("nobody"),
}

SOURCES: dict[Source, Promise] = {
    Source.EMPLOYER: _("the company"),
    Source.PERSON: _("the person"),
    Source.USE: _("use of the service"),
    Source.SYSTEM: _("the system"),
}

RECIPIENTS: dict[Recipient, Promise] = {
    Recipient.COLLEAGUES: _("colleagues"),
    Recipient.PARTICIPANTS: _("who took part in the call or has the mailbox"),
    Recipient.SUPERVISORS: _("supervisors and administrators"),
    Recipient.ADMINISTRATORS: _("administrators"),
    Recipient.CARRIER: _("the telephone provider that carries the call"),
    Recipient.MAIL_SERVER: _("the mail server"),
    Recipient.PUSH_SERVICE: _("the push service of the person's browser"),
    Recipient.PUBLIC: _("everybody who reads the policy"),
    Recipient.HOST: _("the provider who runs the system"),
    Recipient.DATABASE: _("the machine with the database"),
    Recipient.BUS: _("the machine by which the processes talk to each other"),
    Recipient.KEY_SERVICE: _("the service that keeps the master key"),
    Recipient.STORAGE: _("the storage for archives, recordings and messages"),
    Recipient.PARTNER: _("a partner with whom the company shares data"),
}

GROUNDS: dict[str, Promise] = {
    "adequacy": _("adequacy decision, Article 45 GDPR"),
    "clauses": _("standard contractual clauses, Article 46(2)(c) GDPR"),
    "consent": _("explicit consent, Article 49(1)(a) GDPR"),
}
"""Of a transfer to a third country."""

ROLES: dict[str, Promise] = {
    "processor": _("processor: works on the company's instructions"),
    "controller": _("controller: decides for itself"),
    "own": _("the company's own machine"),
}

GAPS: dict[str, Promise] = {
    "country": _("the country is not known"),
    "ground": _("no ground for the transfer is declared"),
    "adequacy": _("no adequacy decision is known for this country"),
    "role": _("the role is not known"),
    "contract": _("no contract is noted"),
    "confidential": _("confidentiality is not noted"),
}
"""What was not said of a recipient."""

OWNERS: dict[str, Promise] = {
    "tenant": _("until the company is removed"),
    "account": _("until the person is removed"),
    "consent": _("until the consent is withdrawn"),
    "queue": _("until the queue is removed"),
    "staff": _("until they work for the provider no more"),
    "trunk": _("until the trunk is removed"),
    "conference": _("until the conference is removed"),
    "session": _("until the session ends"),
    "installation": _("as long as the installation stands"),
    "call's end": _("until the call has ended"),
    "record": _("until the call is in the call history"),
    "registration": _("until the phone signs off or is silent"),
    "wait": _("until the caller has left the line"),
}

SINCES: dict[str, Promise] = {
    "answered_at": _("when it was answered"),
    "asked_at": _("when it was asked for"),
    "at": _("the moment itself"),
    "changed_at": _("the last change"),
    "created_at": _("the beginning"),
    "decided_at": _("the decision, or the end"),
    "deleted_at": _("when it was deleted"),
    "ended_at": _("the end"),
    "entered_at": _("when the caller came into the line"),
    "hour": _("the hour"),
    "left_at": _("when the message was left"),
    "made_at": _("when it was made"),
    "missed_at": _("when the call was missed"),
    "offered_at": _("when the call was offered"),
    "recorded": _("when it was recorded"),
    "week": _("the beginning of the week"),
    "the export": _("the export"),
    "the call": _("the call"),
    "the end of the consent": _("the end of the consent"),
    "the last sign-in": _("the last sign-in"),
    "the last use": _("the last use"),
    "the last time that the phone asked": _("when the phone last asked"),
}

THINGS: dict[str, Promise] = {
    "contacts.Contact": _("Contacts that people keep for themselves"),
    "contacts.Reach": _("Contacts that people keep for themselves: by what they are found"),
    "registers.Case": _("Requests and complaints"),
    "registers.ContactBasis": _("Legal basis of single contacts"),
    "registers.DisclosedPerson": _("Whose data authorities asked for"),
    "registers.RecipientEntry": _("Register of recipients"),
    "registers.Share": _("What was shared with whom, without names"),
    "registers.Disclosure": _("Disclosures to authorities"),
    "audit.Chain": _("Log of views and changes: where it ends"),
    "audit.Concerned": _("Log of views and changes: whom an entry is about"),
    "audit.Entry": _("Log of views and changes"),
    "audit.Pruned": _("Log of views and changes: what went when its time was over"),
    "auth.Group": _("Tables of the software itself"),
    "auth.Group_permissions": _("Tables of the software itself"),
    "auth.Permission": _("Tables of the software itself"),
    "contenttypes.ContentType": _("Tables of the software itself"),
    "files.archive": _("Archive of calls"),
    "files.backups": _("Where backups lie, and what is made ready for them (files)"),
    "files.decisions": _("Ledger of restrictions, objections, consents and corrections (file)"),
    "files.elsewhere": _("Where recordings and messages lie that are in a bucket (files)"),
    "files.exports": _("Exports that people asked for (files)"),
    "files.erasures": _("Ledger of erasures (file)"),
    "files.journal": _("Journal of calls (file)"),
    "files.keys": _("Keys of the vault, wrapped (files)"),
    "files.machinery": _("Keys, locks and sockets of the processes (files)"),
    "files.meetings": _("When people are busy by their calendars (file)"),
    "files.mailboxes": _("Counts of messages for the lamps of phones (file)"),
    "files.messages": _("Sound of voice messages (files)"),
    "files.office": _("Copy of the company for call control (file)"),
    "files.prompts": _("Prompts and music of the system (files)"),
    "files.queues": _("State of queues (file)"),
    "files.recordings": _("Recordings of talks (files)"),
    "files.registrations": _("Phones that are registered (file)"),
    "files.unrecorded": _("Who outside objected to being recorded, for call control (file)"),
    "files.sounds": _("Greetings and prompts (files)"),
    "files.spoken": _("Greetings and prompts that are being spoken (files)"),
    "figures.Choice": _("What statistics a company wants"),
    "figures.Figure": _("How many people used a page in a week"),
    "figures.Reveal": _("Requests to see figures of one person"),
    "figures.Use": _("Use of pages in the week that runs, under pseudonyms"),
    "figures.WeekKey": _("Keys of pseudonyms"),
    "files.audit": _("Ends of the log of views and changes (file)"),
    "functions.Consent": _("Consents"),
    "functions.Notice": _("Notices to callers and visitors"),
    "functions.OptIn": _("Questions for consent that wait for an answer"),
    "functions.Reader": _("Readers of the company's news"),
    "history.ArchiveFile": _("Files of the archive of calls"),
    "history.AgentCount": _("What agents did, in figures by the hour"),
    "history.AgentMoment": _("What agents did"),
    "history.Call": _("Call records"),
    "history.CallCount": _("Figures of older calls, by the hour"),
    "history.JournalPlace": _("Place up to which the journal is read"),
    "history.MissedCaller": _("Missed callers"),
    "history.OpenCall": _("Long calls that still go on"),
    "history.Mention": _("Who is named in a call without part in it"),
    "history.OutsideParty": _("People outside in records of calls"),
    "history.Participant": _("Who took part in a call"),
    "history.QueueCount": _("Figures of older waits in queues, by the hour"),
    "history.QueueOffer": _("Calls offered to agents"),
    "history.QueueWait": _("Waits in queues"),
    "letters.Letter": _("Letters to who asked for news"),
    "letters.Posting": _("Who was sent which letter"),
    "letters.Undeliverable": _("Addresses of colleagues at which no mail arrives"),
    "history.TalkCount": _("Figures of older talks of five people or more, by the day"),
    "people.DemoWipe": _("Receipts of demo companies that were wiped"),
    "people.Account": _("People"),
    "people.ApiToken": _("API tokens"),
    "people.CodeApp": _("Apps that show codes for signing in, their secrets sealed"),
    "people.FactorNews": _("Mails about signing in that are to be sent"),
    "people.Passkey": _("Passkeys: the public half"),
    "people.RecoveryCode": _("Recovery codes, as keyed hashes"),
    "people.Device": _("Browsers in which people have signed in"),
    "people.Greeting": _("Greetings"),
    "people.PersonCalendar": _("Calendars that people subscribed to"),
    "people.Hours": _("Opening hours"),
    "people.Invitation": _("Invitations"),
    "people.Menu": _("Menus"),
    "people.Conference": _("Conferences"),
    "people.OfficeChange": _("Log of changes"),
    "people.Outbound": _("Outbound rules"),
    "people.Phone": _("Phones"),
    "people.Handset": _("Phones that are set up by themselves"),
    "people.PublicNumber": _("Numbers"),
    "people.PushDevice": _("Browsers that may be woken for calls"),
    "people.Queue": _("Queues"),
    "people.QueueMember": _("Members of queues"),
    "people.SignedIn": _("Where people are signed in"),
    "people.SignInCount": _("Counts of failed sign-ins"),
    "people.Sound": _("Sounds"),
    "people.Tenant": _("Company"),
    "people.Trunk": _("Trunks"),
    "admission.Reception": _("Whether requests for access are taken"),
    "admission.Request": _("Requests for access"),
    "phonebooks.Opening": _("How phones and programs get the phonebook"),
    "phonebooks.Password": _("Phonebook passwords"),
    "rights.AtOnce": _("What people correct by themselves"),
    "rights.Correction": _("Corrections, with the values before"),
    "rights.ErasureWish": _("Wishes of people outside to be erased"),
    "rights.Link": _("One-time links of people outside"),
    "rights.Objection": _("Objections"),
    "rights.Restriction": _("Restrictions"),
    "rights.Erasure": _("Receipts of erasures"),
    "rights.Hold": _("Legal holds"),
    "policies.Acceptance": _("Who accepted which policy"),
    "policies.Particulars": _("Who answers for data, and where they are"),
    "policies.Version": _("Published policies"),
    "rights.RetentionRule": _("Rules of how long data are kept"),
    "rights.RetentionRun": _("Proofs of what went because its time was over"),
    "rights.Job": _("Jobs that take long: exports and erasures"),
    "rights.Undelivered": _("Decisions that are on their way into their ledger"),
    "sessions.Session": _("Sessions in browsers"),
    "staff.Grant": _("Accesses of the provider's support"),
    "staff.OperatorKey": _("Why the operator made API tokens"),
    "staff.Rule": _("What a company wants of the provider's support"),
    "staff.Staff": _("Support staff of the provider"),
    "voicemail.Message": _("Voice messages"),
    "voicemail.Transcript": _("Voice messages in writing"),
    "voicemail.NoticeChoice": _("How people are told of messages"),
}


def category(key: str) -> str:
    """A data category in words."""
    return str(CATEGORIES.get(key, key))


def basis(key: Basis) -> str:
    """A legal basis in words, with its article."""
    return str(BASES.get(key, key))


def subject(key: Subject) -> str:
    """Whom data are about, in words."""
    return str(SUBJECTS.get(key, key))


def source(key: Source) -> str:
    """Where a value comes from, in words."""
    return str(SOURCES.get(key, key))


def recipient(key: Recipient) -> str:
    """Who gets to see a value, in words."""
    return str(RECIPIENTS.get(key, key))


def ground(key: str) -> str:
    """The ground of a transfer, with its article."""
    return str(GROUNDS.get(key, key))


def role(key: str) -> str:
    """What a recipient is, in words."""
    return str(ROLES.get(key, key))


def gap(key: str) -> str:
    """What was not said of a recipient, in words."""
    return str(GAPS.get(key, key))


def thing(key: str) -> str:
    """A table, or a kind of file, in words."""
    return str(THINGS.get(key, key))


def retention(rule: Retention) -> str:
    """When a value goes, in words."""
    end = str(OWNERS.get(rule.owner, rule.owner))
    if rule.days is None:
        return end
    days = ngettext("%(count)d day", "%(count)d days", rule.days) % {"count": rule.days}
    since = str(SINCES.get(rule.since, rule.since.replace("_", " ")))
    return gettext("%(days)s, counted from: %(since)s; at most %(end)s") % {"days": days, "since": since, "end": end}

"""Every address of the web process."""

from __future__ import annotations

from django.urls import include, path

from svara.web.pages import (
    administration,
    calls,
    door,
    errors,
    greetings,
    history,
    home,
    missed,
    own,
    profile,
    queues,
    statistics,
    story,
    system,
    voicemail,
)
from svara.web.pages.privacy import stored

urlpatterns = [
    path("api/", include("svara.api.urls")),
    path("", home.home, name="home"),
    path("people/", home.people, name="people"),
    path("missed/", home.missed, name="missed"),
    path("presence/", home.presence, name="presence"),
    path("calls/", calls.start, name="call"),
    path("calls/via/", calls.choose, name="call-via"),
    path("calls/running/", calls.running, name="running"),
    path("calls/<slug:call_id>/", calls.progress, name="call-progress"),
    path("calls/<slug:call_id>/hangup/", calls.hangup, name="call-hangup"),
    path("history/", history.history, name="history"),
    path("history/records/", history.records, name="records"),
    path("history/<slug:call_id>/", story.story, name="story"),
    path("history/<slug:call_id>/recordings/<int:number>", story.recording, name="recording"),
    path("missed-callers/", missed.missed_callers, name="missed-callers"),
    path("missed-callers/<slug:missed_id>/<slug:how>/", missed.change, name="missed-change"),
    path("queues/", queues.queues, name="queues"),
    path("queues/<str:name>/", queues.board, name="queue"),
    path("queues/<str:name>/today/", queues.today, name="queue-today"),
    path("queues/<str:name>/members/<slug:person>/", queues.member, name="queue-member"),
    path("my-queues/", queues.mine, name="my-queues"),
    path("my-queues/state/", queues.choose, name="queues-me"),
    path("statistics/", statistics.statistics, name="statistics"),
    path("statistics/export.<slug:form>", statistics.export, name="statistics-export"),
    path("voicemail/", voicemail.voicemail, name="voicemail"),
    path("voicemail/messages/", voicemail.messages, name="voicemail-messages"),
    path("voicemail/notice/", voicemail.notice, name="voicemail-notice"),
    path("voicemail/greetings/", greetings.page, name="greetings"),
    path("voicemail/greetings/sound.wav", greetings.sound, name="greeting-sound"),
    path("voicemail/<slug:message_id>/sound.wav", voicemail.sound, name="voicemail-sound"),
    path("voicemail/<slug:message_id>/mark/", voicemail.mark, name="voicemail-mark"),
    path("voicemail/<slug:message_id>/delete/", voicemail.delete, name="voicemail-delete"),
    path("voicemail/<slug:message_id>/restore/", voicemail.restore, name="voicemail-restore"),
    path("profile/", profile.profile, name="profile"),
    path("profile/calls/", own.own, name="own"),
    path("profile/phones/", profile.phones, name="phones"),
    path("profile/language/", profile.language, name="language"),
    path("profile/password/", profile.password, name="password"),
    path("profile/tokens/", profile.tokens, name="tokens"),
    path("profile/tokens/<slug:token_id>/revoke/", profile.revoke, name="revoke-token"),
    path("administration/", administration.section, name="administration"),
    path("administration/changes/", administration.changes, name="administration-changes"),
    path("administration/changes/<slug:change_id>/undo/", administration.undo, name="administration-undo"),
    path("administration/privacy/", stored.stored, name="privacy-stored"),
    path("administration/company/", administration.company, name="administration-company"),
    path("administration/<slug:section>/", administration.section, name="administration-section"),
    path("administration/<slug:section>/new/", administration.item, name="administration-new"),
    path("administration/<slug:section>/item/<str:name>/", administration.item, name="administration-item"),
    path("administration/<slug:section>/item/<str:name>/rename/", administration.rename, name="administration-rename"),
    path("administration/<slug:section>/item/<str:name>/remove/", administration.remove, name="administration-remove"),
    path("system/", system.system, name="system"),
    path("sign-in/", door.sign_in, name="sign-in"),
    path("sign-out/", door.sign_out, name="sign-out"),
    path("invitation/<str:token>", door.invitation, name="invitation"),
    path("language/", door.language, name="door-language"),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.failed

"""What Django's own tables hold, declared for the catalogue: sessions are about people, the rest is machinery."""

from __future__ import annotations

from svara.privacy.catalogue import (
    Basis,
    Declaration,
    Purpose,
    Retention,
    Source,
    Subject,
    declare_model,
    not_personal,
)

_MACHINERY = not_personal(Retention("installation"))
_SESSION = Declaration(
    "user.authorization.credentials",
    Purpose.SIGN_IN,
    Basis.CONTRACT,
    Retention("session", days=14, since="the last sign-in"),
    Subject.EMPLOYEE,
    Source.SYSTEM,
)

declare_model("sessions.Session", {"session_key": _SESSION, "session_data": _SESSION, "expire_date": _SESSION})
declare_model("contenttypes.ContentType", {"id": _MACHINERY, "app_label": _MACHINERY, "model": _MACHINERY})
declare_model("auth.Permission", {"id": _MACHINERY, "name": _MACHINERY, "content_type": _MACHINERY, "codename": _MACHINERY})
declare_model("auth.Group", {"id": _MACHINERY, "name": _MACHINERY, "permissions": _MACHINERY})
declare_model("auth.Group_permissions", {"id": _MACHINERY, "group": _MACHINERY, "permission": _MACHINERY})

from cxos.core.models.api_key import ApiKey, IdempotentAnswer, Scope
from cxos.core.models.audit import AuditEntry
from cxos.core.models.event import Delivery, Event, StreamCursor
from cxos.core.models.notification import Notification, PushIdentity, PushSubscription
from cxos.core.models.retention import Retention
from cxos.core.models.saved_view import SavedView
from cxos.core.models.sign_in import SignIn
from cxos.core.models.user import Role, Team, User
from cxos.core.models.word import Word

__all__ = [
    "ApiKey", "AuditEntry", "Delivery", "Event", "IdempotentAnswer", "Notification", "PushIdentity",
    "PushSubscription", "Retention", "Role", "SavedView", "Scope", "SignIn", "StreamCursor", "Team", "User", "Word",
]  # fmt: skip

from __future__ import annotations

from cxos.core.catalogue import event


@event
class WorkQueued:
    """Key `work:<item>`, as all below but PresenceChanged. An item entered a queue (or came back to it).

    `entered` False: nobody new stands in line. It waited there already, or its customer has left the line and is called
    back; who waits for it, or for whom, is different now.
    """

    item_id: int
    queue_id: int
    conversation_id: int | None
    medium: str
    at: str
    again: bool = False
    entered: bool = True


@event
class OfferMade:
    offer_id: int
    item_id: int
    queue_id: int
    agent_id: int
    conversation_id: int | None
    medium: str
    at: str
    expires_at: str
    waited_ms: int
    attempt: int


@event
class OfferAccepted:
    """`waited_ms` from the entry into the queue to the acceptance, ringing included. `called_back`: the customer had hung
    up and kept the place, so that nobody waited on the line any more. `asked` False: queue or agent take this medium
    without being asked, so that nobody saw an offer."""

    offer_id: int
    item_id: int
    queue_id: int
    agent_id: int
    conversation_id: int | None
    medium: str
    at: str
    waited_ms: int
    ring_ms: int
    within_service_level: bool
    called_back: bool = False
    asked: bool = True


@event
class OfferDeclined:
    offer_id: int
    item_id: int
    queue_id: int
    agent_id: int
    conversation_id: int | None
    reason: str
    at: str
    ring_ms: int


@event
class OfferExpired:
    offer_id: int
    item_id: int
    queue_id: int
    agent_id: int
    conversation_id: int | None
    at: str
    ring_ms: int


@event
class OfferWithdrawn:
    offer_id: int
    item_id: int
    queue_id: int
    agent_id: int
    conversation_id: int | None
    reason: str
    at: str
    ring_ms: int = 0


@event
class WorkAssigned:
    """By hand. `from_queue`: it was waiting, so that this answers it; `waited_ms` as in OfferAccepted."""

    item_id: int
    queue_id: int
    agent_id: int
    conversation_id: int | None
    over_capacity: bool
    at: str
    waited_ms: int
    from_queue: bool = True
    within_service_level: bool = False
    called_back: bool = False


@event
class WorkReleased:
    """The holder let go. `kind`: transferred (blind), handed_over (warm), reassigned (by somebody else), external,
    requeued or scheduled. A WorkQueued follows when it waits again, a WorkCompleted when it went to somebody outside.

    `pauses`: when, of `handled_ms`, the holder waited for the customer: (began, ended), in milliseconds before `at`;
    `paused_ms` in all.
    """

    item_id: int
    queue_id: int
    agent_id: int
    conversation_id: int | None
    reason: str
    at: str
    handled_ms: int
    kind: str = "requeued"
    paused_ms: int = 0
    pauses: tuple[tuple[int, int], ...] = ()


@event
class WorkWrapping:
    item_id: int
    queue_id: int
    agent_id: int
    conversation_id: int | None
    at: str
    until: str | None
    handled_ms: int


@event
class WorkCompleted:
    """`transfers`: how many holders passed it on before. `from_queue`: it was closed while it stood in line. `pauses` and
    `paused_ms` of its last holder, as in WorkReleased."""

    item_id: int
    queue_id: int
    agent_id: int | None
    conversation_id: int | None
    at: str
    handled_ms: int
    wrap_up_ms: int
    disposition: str = ""
    paused_ms: int = 0
    pauses: tuple[tuple[int, int], ...] = ()
    transfers: int = 0
    from_queue: bool = True


@event
class WorkAbandoned:
    """The customer left before anybody answered."""

    item_id: int
    queue_id: int
    conversation_id: int | None
    at: str
    waited_ms: int
    short: bool
    within_service_level: bool = False


@event
class PresenceChanged:
    """Key `agent:<id>`. `previous_ms`: how long the previous state lasted, and whether that time is paid for and counts as
    productive."""

    agent_id: int
    presence: str
    previous: str
    previous_ms: int
    reason: str
    at: str
    previous_paid: bool = True
    previous_productive: bool = False


@event
class WorkPaused:
    item_id: int
    queue_id: int
    agent_id: int
    at: str


@event
class WorkResumed:
    item_id: int
    queue_id: int
    agent_id: int
    at: str


@event
class WorkMoved:
    """Waiting work went on to another queue. `kind`: overflow or transferred. `waited_ms` in the queue it left.
    `called_back`: its customer had left that line already."""

    item_id: int
    from_queue_id: int
    to_queue_id: int
    conversation_id: int | None
    kind: str
    reason: str
    at: str
    waited_ms: int
    within_service_level: bool = False
    called_back: bool = False


@event
class WorkChanged:
    """What it asks for, or how urgent it is, is different now: whoever waits for somebody may suit somebody else."""

    item_id: int
    queue_id: int
    conversation_id: int | None
    changed: list[str]
    at: str


@event
class PartJoined:
    """Somebody joined work that another agent holds. `kind`: consult or conference."""

    item_id: int
    queue_id: int
    agent_id: int
    conversation_id: int | None
    kind: str
    at: str


@event
class PartLeft:
    item_id: int
    queue_id: int
    agent_id: int
    conversation_id: int | None
    kind: str
    at: str
    joined_ms: int


@event
class HolderLost:
    """The connection of an agent in a call is gone: the call is left where it is, a supervisor should look."""

    item_id: int
    queue_id: int
    agent_id: int
    conversation_id: int | None
    at: str


@event
class CallbackRequested:
    """Key `work:<item>`, as the next two. The customer keeps the place (`kind` in_queue) or named a time (scheduled).
    `from_queue`: nobody had answered yet."""

    callback_id: int
    item_id: int
    queue_id: int
    conversation_id: int | None
    kind: str
    slot_at: str | None
    at: str
    waited_ms: int
    from_queue: bool = True
    within_service_level: bool = False


@event
class CallbackTried:
    """The customer did not answer. `again_at` None: it was the last attempt."""

    callback_id: int
    item_id: int
    queue_id: int
    agent_id: int | None
    conversation_id: int | None
    attempt: int
    again_at: str | None
    at: str


@event
class CallbackClosed:
    """`outcome`: reached, failed, canceled."""

    callback_id: int
    item_id: int
    queue_id: int
    conversation_id: int | None
    outcome: str
    at: str


@event
class AgentChanged:
    """Key `agent:<id>`. `what`: skills, queues, capacity, media."""

    agent_id: int
    what: str


@event
class QueueChanged:
    """Key `queue:<id>`. `what`: settings, members, hours."""

    queue_id: int
    what: str


@event
class BulkChangeGoesOn:
    """Key `bulk:<change>`. A change for many conversations waits to be done, or to be done further."""

    change_id: int


@event
class AlertRaised:
    """Key `threshold:<id>`. A threshold was crossed for its `minutes`; without a queue it watches the whole floor.

    `measure`: waiting, longest_wait (seconds), service_level, abandon_rate (percent), available.
    """

    alert_id: int
    threshold_id: int
    queue_id: int | None
    measure: str
    limit: float
    value: float
    minutes: int
    at: str


@event
class AlertCleared:
    """Key `threshold:<id>`. `value` is None when the threshold was switched off, `worst` the farthest it went."""

    alert_id: int
    threshold_id: int
    queue_id: int | None
    measure: str
    value: float | None
    worst: float
    lasted_ms: int
    at: str


@event
class TrialEnded:
    """Key `trial:<id>`. The simulator is through with it, nobody stopped it. `state`: done, stopped (by time), failed."""

    trial_id: int
    author_id: int | None
    day: str
    state: str

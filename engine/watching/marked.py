"""Which app a message is of.

``before_task_publish`` is one signal for the whole process and does not say which app sends. Nothing in the
message says it for certain either: ``reply_to`` is that of the thread which froze the canvas, and two
apps may share tasks and queues. So the factory that makes an app's messages gives their headers a
type of our own, which is still a dict to everybody else, and adds nothing to what is sent.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from celery import Celery

PROTOCOL = 2  # the first version of Celery's messages has no headers and no chain: not covered


class Marked(dict[str, Any]):
    """The headers of a message that a watched app makes."""

    __slots__ = ("owner",)

    owner: object


def mark(app: Celery, owner: object) -> None:
    """Let ``owner`` be written on the headers of each message that ``app`` makes from now on."""
    amqp: Any = app.amqp
    factory = _marking(amqp.task_protocols[PROTOCOL], owner)
    # Celery reads the table when it sends its first message. That may be behind us.
    if vars(amqp).get("create_task_message") == amqp.task_protocols[PROTOCOL]:
        amqp.create_task_message = factory
    amqp.task_protocols[PROTOCOL] = factory


def _marking(create: Callable[..., Any], owner: object) -> Callable[..., Any]:
    @wraps(create)
    def create_task_message(*args: Any, **kwargs: Any) -> Any:
        message = create(*args, **kwargs)
        headers = Marked(message.headers)
        headers.owner = owner
        return type(message)(headers, *message[1:])  # a named tuple, of which they are the first

    return create_task_message

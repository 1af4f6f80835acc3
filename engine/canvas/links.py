"""What ``group.link()`` was meant to say, read from what Celery has made of it.

Celery has no place for a callback of a whole group: it hangs an immutable copy on the first member, which
then calls it without an argument as soon as that member is done. So an immutable callback on the first
member, when no other member has one, is taken for the group's own: it runs after all of them and gets their
list.
Somebody who means the first member alone, and writes ``group(a.link(x.si()), b)``, is misread; a chain says
that without doubt: ``group(a | x.si(), b)``.
"""

from typing import Any

from .signatures import Signature, body, check, form, listed, members, options

ALWAYS = ("celery.map", "celery.starmap", "celery.chunks")  # immutable whatever happened to them


def regrouped(group: Signature) -> Signature:
    """Return ``group`` with the callbacks of the whole among its own options, not on its first member."""
    tasks = members(group)
    # What hangs on an only member is called after all of the group either way, and stays what it says.
    if len(tasks) < 2 or any(_immutable(member) for member in tasks[1:]):
        return group
    found = _immutable(tasks[0])
    if not found:
        return group
    first = _without(tasks[0], found)
    own = [*listed(group, "link"), *(_mutable(link) for link in found)]
    kwargs = {**group["kwargs"], "tasks": [first, *tasks[1:]]}
    return {**group, "kwargs": kwargs, "options": {**options(group), "link": own}}


def _immutable(member: object) -> list[Signature]:
    """Return the immutable callbacks that ``member.link()`` may have left."""
    links = map(check, listed(_holder(check(member, "A group")), "link"))
    return [link for link in links if link.get("immutable") and link["task"] not in ALWAYS]


def _holder(member: Signature) -> Signature:
    """Return the signature on which ``member.link()`` hangs a callback: for a chord that is its body."""
    while form(member) == "chord":
        member = body(member)
    return member


def _without(member: Signature, links: list[Signature]) -> Signature:
    """Return a copy of ``member`` that does not call ``links``."""
    chords = []
    while form(member) == "chord":
        chords.append(member)
        member = body(member)
    left = [link for link in listed(member, "link") if not any(link is gone for gone in links)]
    member = {**member, "options": {**options(member), "link": left}}
    for chord in reversed(chords):
        member = {**chord, "kwargs": {**chord["kwargs"], "body": member}}
    return member


def _mutable(link: Signature) -> Signature:
    """Return ``link`` as it was before Celery made it immutable; a group's members were made so too."""
    if link["task"] in ALWAYS:
        return link
    found: dict[str, Any] = {**link, "immutable": False}
    if form(link) == "group":
        found["kwargs"] = {**link["kwargs"], "tasks": [_mutable(check(task)) for task in members(link)]}
    return found

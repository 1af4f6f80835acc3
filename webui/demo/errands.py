"""More sample tasks: of workflows that Celery gets wrong, and of those with rules of the conductor."""

import random
import time
from typing import Any

from .tasks import Json, NotYet, app, work

# ---- a match is filmed, a book is bound, an order fails ------------------------------------------------


@app.task(name="film.record")
def record(*, camera: str) -> Json:
    """Record a match with one camera."""
    work(0.5, 0.9)
    return {"camera": camera, "minutes": 94}


@app.task(name="film.cut")
def cut(recordings: list[Json], *, style: str) -> Json:
    """Make one film of all recordings."""
    work(0.6, 1.0)
    return {"cut": style, "of": [each["camera"] for each in recordings]}


@app.task(name="film.upload")
def upload(cuts: Any, *, to: str) -> Json:
    """Bring all cuts to where people find them."""
    work(0.6, 1.0)
    # Where Celery goes wrong, one cut arrives in place of both.
    found = cuts if isinstance(cuts, list) else [cuts]
    return {"to": to, "cuts": [each["cut"] for each in found]}


@app.task(name="press.page")
def page(title: str) -> Json:
    """Set a page."""
    work(0.4, 1.0)
    return {"page": title}


@app.task(name="press.bind")
def bind_book(pages: list[Json]) -> Json:
    """Bind the pages in the order in which they come."""
    work(0.5, 0.9)
    return {"book": [each["page"] for each in pages]}


class OutOfStock(Exception):
    """There is none left."""


@app.task(name="shop.check_stock")
def check_stock(order: int) -> Json:
    """Find out whether there is enough; there never is."""
    work(0.5, 0.9)
    raise OutOfStock(f"order {order}: 2 of 3 items left")


@app.task(name="shop.reserve")
def reserve(found: Json) -> Json:
    """Keep the items for this order."""
    work(0.4, 0.8)
    return found


@app.task(name="shop.pack")
def pack(found: Json) -> Json:
    """Put the items into a box."""
    work(0.4, 0.8)
    return found


@app.task(name="shop.charge")
def charge(order: int) -> Json:
    """Take the money."""
    work(0.4, 0.8)
    return {"order": order, "charged": 129}


@app.task(name="shop.confirm")
def confirm(order: int) -> Json:
    """Tell the customer that all is well."""
    work(0.4, 0.8)
    return {"order": order, "confirmed": True}


@app.task(name="shop.refund")
def refund(failed_task: str, *, order: int) -> Json:
    """Give the money back."""
    work(0.6, 1.0)
    return {"order": order, "because_of": failed_task, "refunded": 129}


# ---- what the conductor's rules are for ----------------------------------------------------------------


@app.task(name="parts.ask_supplier")
def ask_supplier(name: str, *, opens: float) -> Json:
    """Ask a supplier for a price; until ``opens``, its server is down."""
    work(0.3, 0.6)
    if (left := opens - time.time()) > 0:
        raise NotYet(f"{name}: 503 Service Unavailable, for {left:.0f} s more")
    return {"supplier": name, "price": random.randint(80, 140)}


@app.task(name="parts.order")
def order_parts(offers: list[Json]) -> Json:
    """Order from the cheapest."""
    work(0.5, 0.9)
    return min(offers, key=lambda offer: offer["price"])


class Broken(Exception):
    """A test did not pass."""


@app.task(name="tests.rent_machine")
def rent(machine: str) -> Json:
    """Rent a machine, by the hour."""
    work(0.6, 1.0)
    return {"machine": machine, "per_hour": 3.2}


@app.task(name="tests.run")
def run_tests(machine: str, *, suite: str) -> Json:
    """Run a suite there."""
    work(1.0, 1.8)
    if suite == "browser":
        raise Broken("test_login: no element 'Log out' within 5 s")
    return {"machine": machine, "suite": suite, "passed": random.randint(200, 900)}


@app.task(name="tests.report")
def report_tests(results: list[Json]) -> Json:
    """Sum up what passed."""
    work(0.4, 0.8)
    return {"passed": sum(each["passed"] for each in results)}


@app.task(name="tests.give_back")
def give_back(machine: str) -> Json:
    """End the rent."""
    work(0.6, 1.0)
    return {"machine": machine, "cost": 0.8}


@app.task(name="tests.call_somebody")
def call_somebody(*, about: str) -> Json:
    """Ask a person to look."""
    work(0.4, 0.8)
    return {"called": "the one on duty", "about": about}


@app.task(name="post.write_letter")
def write_letter(number: int) -> Json:
    """Write a letter."""
    work(0.4, 0.8)
    return {"letter": number}


@app.task(name="post.print_letter")
def print_letter(letter: Json) -> Json:
    """Print a letter on the one printer there is."""
    work(0.5, 0.9)
    return {**letter, "sheets": random.randint(1, 4)}


@app.task(name="post.send")
def post_letters(letters: list[Json]) -> Json:
    """Bring them to the post."""
    work(0.5, 0.9)
    return {"letters": len(letters), "sheets": sum(each["sheets"] for each in letters)}


@app.task(name="post.stamp")
def stamp(number: int) -> int:
    """Put a stamp on a letter."""
    work(0.02, 0.05)
    return number


@app.task(name="post.count_stamps")
def count_stamps(stamped: list[int]) -> int:
    """Count them."""
    return len(stamped)

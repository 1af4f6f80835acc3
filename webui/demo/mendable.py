"""Sample tasks that fail for a reason that passes, or that somebody can mend."""

import random
import time

from .tasks import Json, app, work

POSTCODE = 5  # digits


class RatesAway(ConnectionError):
    """The bank that knows the exchange rates does not answer for a while."""


class BadPostcode(ValueError):
    """Nobody can deliver to it."""


@app.task(name="billing.close_month")
def close_month(*, month: str) -> Json:
    """Find out what there is to bill."""
    work(0.3, 0.6)
    return {"month": month, "closed": True}


@app.task(name="billing.invoice")
def invoice(month: Json, order: int, *, currency: str, bank_opens: float) -> Json:
    """Write an invoice; in a foreign currency only while the bank answers."""
    work(0.3, 0.8)
    if currency != "EUR" and (wait := bank_opens - time.time()) > 0:
        raise RatesAway(f"no exchange rates: the bank answers again in {wait:.0f} s")
    return {"order": order, "of": month["month"], "currency": currency, "amount": random.randint(20, 400)}


@app.task(name="billing.send_invoices")
def send_invoices(invoices: list[Json]) -> Json:
    """Send all of them at once, so that none is forgotten."""
    work(0.4, 0.8)
    return {"sent": len(invoices)}


@app.task(name="billing.book")
def book_invoices(sent: Json) -> Json:
    """Tell the books."""
    work(0.3, 0.6)
    return {"booked": sent["sent"]}


@app.task(name="parcels.label")
def label(order: int, *, postcode: str) -> Json:
    """Print a label for a parcel."""
    work(0.3, 0.7)
    if not (len(postcode) == POSTCODE and postcode.isdecimal()):
        raise BadPostcode(f"{postcode!r} is no postcode: it has a letter where a digit belongs")
    return {"order": order, "postcode": postcode}


@app.task(name="parcels.hand_over")
def hand_over(labels: list[Json]) -> Json:
    """Give all parcels to the driver, who comes once."""
    work(0.4, 0.8)
    return {"parcels": len(labels)}

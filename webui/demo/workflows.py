"""The canvases that a visitor can start, on five shelves.

Celery 5.7 runs each of the everyday ones right. Those of the second shelf fail, and can be mended. Those of
the third Celery runs wrong, and the conductor right. Those of the fourth have rules that only the conductor
knows. Those of the fifth are large, and a few of their tasks fail for a reason that can be found.
"""

import random
import time
from typing import Any

from celery import chain, chord, group
from celery.canvas import Signature

from . import crowds, errands, mendable, tasks
from .catalogue import Workflow

EVERYDAY, MENDABLE = "Everyday", "To be mended"
FAULTS, RULES, LARGE = "Where Celery errs", "With rules", "Large"
EPOCHS, SHARDS = 5, 10
HEIGHTS = (1080, 720, 360)
LETTERS, STAMPS = 12, 1999
PICTURES = 499
COUNTRIES, PRODUCTS = 10, 998
AWAY = 15  # seconds for which the bank does not answer
FOREIGN = {3: "USD", 7: "JPY", 8: "CHF"}
POSTCODES = ("10115", "20095", "5O667", "70173", "80331")


def ceph_node() -> Signature:
    """Return the replacement of a storage node."""
    node = f"ceph-{random.randint(1, 24):02}"
    return chain(
        tasks.set_downtime.si(node, minutes=90),
        tasks.change_weight.si(node, weight=0.0),
        tasks.wait_until_healthy.si(looks=4),
        tasks.remove_node.si(node),
        tasks.tell_technicians.s(rack=f"B{random.randint(1, 18):02}"),
        tasks.add_node.s(),
        tasks.change_weight.si(node, weight=1.0),
        tasks.wait_until_healthy.si(looks=3),
    )


def new_device() -> Signature:
    """Return what follows a login from a device that was never seen."""
    user = random.choice(("ada", "grace", "edsger", "barbara", "tony"))
    return chain(
        tasks.check_device.s(user, device="Firefox on Linux", address=f"203.0.113.{random.randint(1, 254)}"),
        group(tasks.notify_user.s(), tasks.save_device.s()),
        tasks.call_risk_api.s(),
        tasks.post_process.s(),
    )


def nightly_etl() -> Signature:
    """Return a load of three tables, one of which has a row that nobody can read."""
    cleans = {table: tasks.clean.s(table=table) for table in ("orders", "customers", "products")}
    cleans["customers"].on_error(tasks.clean_up.s(schema="staging_customers"))
    branches = [chain(clean, tasks.load_table.s()) for clean in cleans.values()]
    return chain(
        tasks.extract.s(source="shop"),
        group(branches),
        tasks.report.s(),
        tasks.publish_report.s(channel="#numbers"),
    )


def training() -> Signature:
    """Return five rounds of ten tasks in parallel and one that joins them: five chained chords of ten."""
    rounds = (
        chord([tasks.fit_shard.s(shard=shard) for shard in range(SHARDS)], tasks.average.s(epoch=epoch))
        for epoch in range(1, EPOCHS + 1)
    )
    return chain(tasks.load_data.s(dataset="leaves", shards=SHARDS), *rounds, tasks.evaluate.s())


def video_series() -> Signature:
    """Return a group of chains with a group in each."""
    episodes = (
        chain(
            tasks.probe.s(episode=episode),
            group(tasks.encode.s(height=height) for height in HEIGHTS),
            tasks.package.s(),
        )
        for episode in range(1, 5)
    )
    return chain(
        tasks.receive.s(series="The Life of Plants"),
        group(*episodes),
        tasks.publish_series.s(),
        tasks.announce.s(to="subscribers"),
    )


# ---- what fails, and can be mended ----------------------------------------------------------------------


def invoices() -> Signature:
    """Return invoices, three of which need an exchange rate while the bank does not answer."""
    opens = round(time.time()) + AWAY
    written = (
        mendable.invoice.s(order, currency=FOREIGN.get(order, "EUR"), bank_opens=opens)
        for order in range(1, 13)
    )
    return chain(
        mendable.close_month.si(month="November"),
        group(written),
        mendable.send_invoices.s(),
        mendable.book_invoices.s(),
    )


def parcels() -> Signature:
    """Return labels of parcels, one of which has a postcode with the letter O in it."""
    labels = (mendable.label.si(4_710 + n, postcode=code) for n, code in enumerate(POSTCODES))
    return chain(group(labels), mendable.hand_over.s())


# ---- what Celery 5.7 gets wrong ------------------------------------------------------------------------


def three_groups() -> Signature:
    """Return three groups in a row: natively, the last runs twice, each time with one cut of two."""
    return chain(
        group(errands.record.s(camera=camera) for camera in ("left", "right")),
        group(errands.cut.s(style=style) for style in ("short", "long")),
        group(errands.upload.s(to=place) for place in ("archive", "website")),
    )


def book() -> Signature:
    """Return a chord with a group in its header: natively, the members of that group come in reverse."""
    pages = group(errands.page.si(title) for title in ("page 1", "page 2", "page 3"))
    return chord([errands.page.si("cover"), pages, errands.page.si("back")], errands.bind_book.s())


def lost_refund() -> Signature:
    """Return a chord with a chain that fails before its group: natively, nobody is ever told."""
    number = random.randint(10_000, 99_999)
    deliver = chain(errands.check_stock.s(number), group(errands.reserve.s(), errands.pack.s()))
    confirm = errands.confirm.si(number).on_error(errands.refund.s(order=number))
    return chord([deliver, errands.charge.si(number)], confirm)


# ---- what the conductor does beyond Celery -------------------------------------------------------------


def _ruled(task: Signature, **rules: Any) -> Signature:
    option: Any = {"umbel": rules}  # none of Celery's, whose types know no other
    return task.set(**option)


def busy_suppliers() -> Signature:
    """Return questions to suppliers whose servers are down for a while; the tasks do not retry themselves."""
    opens = time.time() + 6
    asked = [errands.ask_supplier.s(name, opens=opens + n) for n, name in enumerate(("Alba", "Berg", "Coto"))]
    return chain(group(_ruled(ask, retry={"max": 5, "backoff": 1}) for ask in asked), errands.order_parts.s())


def rented_machine() -> Signature:
    """Return tests on a machine that is given back, and a call if one fails, however they end."""
    machine = f"gpu-{random.randint(1, 99):02}"
    return chain(
        errands.rent.si(machine),
        group(errands.run_tests.si(machine, suite=suite) for suite in ("unit", "browser", "load")),
        errands.report_tests.s(),
        group(
            _ruled(errands.give_back.si(machine), run_when="all_done"),
            _ruled(errands.call_somebody.si(about=machine), run_when="any_failed"),
        ),
    )


def letters() -> Signature:
    """Return letters that are written some at a time and printed on one printer."""
    return chain(
        group(chain(errands.write_letter.si(n), errands.print_letter.s()) for n in range(1, LETTERS + 1)),
        errands.post_letters.s(),
    )


def stamps() -> Signature:
    """Return two thousand small tasks: time enough to pause them, and many to cancel."""
    return chain(group(errands.stamp.si(n) for n in range(STAMPS)), errands.count_stamps.s())


# ---- many tasks, of which a few fail -------------------------------------------------------------------


def gallery() -> Signature:
    """Return five hundred chains of two side by side; pictures of one format cannot be read."""
    made = (
        chain(crowds.fetch_picture.si(n, format=crowds.format_of(n)), crowds.shrink_picture.s(size=320))
        for n in range(1, PICTURES + 1)
    )
    return chain(crowds.list_pictures.si(album="umbels"), group(made), crowds.bind_gallery.s())


def price_lists() -> Signature:
    """Return ten chords of a thousand, one after another, that go on where some of them failed."""
    chords = (
        chain(
            crowds.open_list.si(country=country),
            group(
                crowds.price.si(product, country=country, currency=crowds.currency_of(product))
                for product in range(1, PRODUCTS + 1)
            ),
            _ruled(crowds.close_list.s(country=country), run_when="all_done"),
        )
        for country in crowds.LANDS[:COUNTRIES]
    )
    return chain(*chords)


WORKFLOWS = (
    Workflow(
        "ceph-node",
        "Replace a Ceph node",
        "Takes a storage node out and a new one in, and looks again and again until all data has moved.",
        ceph_node,
        shelf=EVERYDAY,
    ),
    Workflow(
        "new-device",
        "Login from a new device",
        "Checks, then notifies and saves in parallel, then asks another service, which is busy at first.",
        new_device,
        shelf=EVERYDAY,
    ),
    Workflow(
        "nightly-etl",
        "Nightly ETL, with a broken row",
        "Three branches, one of which fails: its clean-up runs, and what waits for all three never will.",
        nightly_etl,
        shelf=EVERYDAY,
    ),
    Workflow(
        "training",
        "Five chords of ten",
        "Trains a model in five rounds; in each, ten tasks run in parallel and one joins their results.",
        training,
        shelf=EVERYDAY,
    ),
    Workflow(
        "video-series",
        "Publish a series",
        "Four episodes in parallel, three encodings of each: chains in a group, and groups in the chains.",
        video_series,
        shelf=EVERYDAY,
    ),
    Workflow(
        "invoices",
        "Invoices, while the bank is away",
        "Three of twelve fail. Wait 15 s, then drag its card on the board from Failed to Running.",
        invoices,
        shelf=MENDABLE,
        native=False,
        options={"time_limit": 3600},
    ),
    Workflow(
        "parcels",
        "Parcels, one with a bad postcode",
        "One label cannot be printed, so no parcel leaves. Resubmit it with the digit 0 for the letter O.",
        parcels,
        shelf=MENDABLE,
        native=False,
        options={"time_limit": 3600},
    ),
    Workflow(
        "three-groups",
        "Three groups in a row",
        "Two cameras, two cuts, two uploads. Natively, each upload runs twice and gets one cut of two.",
        three_groups,
        shelf=FAULTS,
    ),
    Workflow(
        "book",
        "A group within a chord",
        "A book is bound from cover, pages and back. Natively, its pages come in reverse.",
        book,
        shelf=FAULTS,
    ),
    Workflow(
        "lost-refund",
        "A failure before a group",
        "An order fails, which calls for a refund. Natively it is never made, and who waits waits for ever.",
        lost_refund,
        shelf=FAULTS,
    ),
    Workflow(
        "busy-suppliers",
        "Retry for tasks that do not",
        "Three suppliers do not answer at first. The conductor asks again, after 1, 2 and 4 seconds.",
        busy_suppliers,
        shelf=RULES,
        native=False,
    ),
    Workflow(
        "rented-machine",
        "Clean up, whatever happens",
        "Tests on a rented machine, and one fails: it is given back all the same, and somebody is called.",
        rented_machine,
        shelf=RULES,
        native=False,
    ),
    Workflow(
        "letters",
        "Window, rate and lock",
        "Six tasks out, two letters a second, one printer: ask a card what it waits for.",
        letters,
        shelf=RULES,
        native=False,
        options={
            "window": 6,
            "rates": {"post.write_letter": "2/s"},
            "locks": {"post.print_letter": "printer"},
        },
    ),
    Workflow(
        "stamps",
        "Two thousand tasks",
        "Forty of them out at a time. Pause it, resume it, cancel it.",
        stamps,
        shelf=RULES,
        native=False,
        options={"window": 40, "priority": -1},
    ),
    Workflow(
        "gallery",
        "A thousand tasks, five cards",
        "Pictures are fetched and made small, a few of which cannot be read: ask it why.",
        gallery,
        shelf=LARGE,
        native=False,
        options={"priority": -1},
    ),
    Workflow(
        "price-lists",
        "Ten thousand tasks",
        "Ten chords of a thousand. Some prices fail, for two reasons: find them, and what they share.",
        price_lists,
        shelf=LARGE,
        native=False,
        options={"priority": -1},
        known=(10_000, "open_list → close_list"),
    ),
)

FIRST = ("video-series", "ceph-node")  # what runs when the demo opens

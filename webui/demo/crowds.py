"""Sample tasks of which there are very many. They take next to no time, and a few of them fail."""

from .tasks import Json, app, work

LANDS = ("AT", "BE", "CH", "DE", "ES", "FR", "IT", "NL", "PL", "PT")
RATES = {"EUR": 1.0, "CHF": 0.95, "PLN": 4.3}
FORMATS = ("png", "jpeg", "webp", "jpeg")


class NoSuchFormat(ValueError):
    """A picture cannot be read."""


class NoRate(LookupError):
    """A price cannot be told in some currency."""


def format_of(picture: int) -> str:
    """Return the format of a picture."""
    return "tiff" if picture % 61 == 7 else FORMATS[picture % len(FORMATS)]


def currency_of(product: int) -> str:
    """Return the currency in which a product is bought."""
    return "XAU" if product % 250 == 11 else ("EUR", "CHF", "PLN")[product % 3]


@app.task(name="gallery.list_pictures")
def list_pictures(*, album: str) -> Json:
    """Find out what there is."""
    work(0.4, 0.8)
    return {"album": album}


@app.task(name="gallery.fetch")
def fetch_picture(number: int, *, format: str) -> Json:
    """Get a picture."""
    work(0.01, 0.04)
    if format == "tiff":
        raise NoSuchFormat(f"picture {number}: 16 bits a colour cannot be read")
    return {"picture": number, "format": format}


@app.task(name="gallery.shrink")
def shrink_picture(picture: Json, *, size: int) -> Json:
    """Make a picture small."""
    return {**picture, "size": size}


@app.task(name="gallery.bind")
def bind_gallery(pictures: list[Json]) -> Json:
    """Make a page of all pictures."""
    return {"pictures": len(pictures)}


@app.task(name="prices.open_list")
def open_list(*, country: str) -> Json:
    """Begin a price list."""
    return {"country": country}


@app.task(name="prices.price")
def price(product: int, *, country: str, currency: str) -> float:
    """Tell what a product costs there."""
    if currency not in RATES:
        raise NoRate(f"product {product}: no rate for {currency}")
    return round(RATES[currency] * _cost(product, country), 2)


def _cost(product: int, country: str) -> float:
    packs = 0 if product == 711 and country == "ES" else product % 9 + 1
    return product / packs


@app.task(name="prices.close_list")
def close_list(prices: list[float | None], *, country: str) -> Json:
    """End a price list; what has no price is left out."""
    return {"country": country, "prices": sum(each is not None for each in prices)}

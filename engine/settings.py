"""The settings, as one declared table: :class:`Settings`.

A value comes from the first of these that has one: a command line flag (``--broker-url``), the environment
(``UMBEL_BROKER_URL``), a file that the environment names (``UMBEL_BROKER_URL_FILE``, for secrets), the file
``umbel.toml`` of the working directory (``broker_url = "..."``), the default. A key that nobody knows is an
error, since it is a misspelt one.
"""

import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from .errors import DagError, SettingsError

PREFIX = "UMBEL_"
OF_TESTS = "UMBEL_TEST_"  # variables that tests look at, and nobody else
TOML = Path("umbel.toml")

SECRETS = frozenset({"password", "tokens", "secret_key"})

# A URL may carry a password: repr=False keeps it out of logs, tracebacks and error messages.
_URL = r"^[a-z][a-z0-9+.-]*://"
_SQL = r"^(sqlite|postgresql)(\+[a-z0-9_]+)?://"


def _expression(pattern: str | None) -> str | None:
    try:
        re.compile(pattern or "")
    except re.error as error:
        raise ValueError(f"it is no regular expression: {error}") from None
    return pattern


def rates_of(text: str | None) -> dict[str, str]:
    """Return the rates that the setting ``rates`` spells.

    >>> rates_of("shop.mail=100/m, shop.call=2/s")
    {'shop.mail': '100/m', 'shop.call': '2/s'}
    """
    words = [word for word in re.split(r"[\s,]+", text or "") if word]
    return {task: rate for task, _, rate in (word.rpartition("=") for word in words)}


def _rates(text: str | None) -> str | None:
    from .rules import per_second

    for task, rate in rates_of(text).items():
        if not task:
            raise ValueError(f"{rate!r} names no task")
        try:
            per_second(rate)
        except DagError as error:
            raise ValueError(str(error)) from None
    return text


class Settings(BaseSettings):
    """Everything that can be set, with what it is when nobody sets it."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, toml_file=TOML
    )

    broker_url: str = Field(
        "redis://127.0.0.1:6379/0",
        pattern=_URL,
        repr=False,
        description="The broker that your Celery app uses.",
    )
    result_backend: str | None = Field(
        None, pattern=_URL, repr=False, description="Where Celery keeps results, if your app keeps them."
    )
    database_url: str = Field(
        "sqlite:///umbel.db",
        pattern=_SQL,
        repr=False,
        description="Umbel's own database: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.",
    )
    host: str = Field("127.0.0.1", min_length=1, description="The address that the web server listens on.")
    port: int = Field(
        5556, ge=0, le=65535, description="The port that the web server listens on; 0 takes a free one."
    )
    workers: int = Field(1, ge=1, le=64, description="How many web processes to run.")
    threads: int = Field(
        64,
        ge=4,
        le=4096,
        description="Threads of each web process; every open page holds one for its live updates.",
    )
    password: str | None = Field(
        None,
        min_length=8,
        max_length=1024,
        repr=False,
        description="What opens the pages, or its argon2 hash; without it only loopback is served.",
    )
    tokens: str | None = Field(
        None,
        repr=False,
        description="API tokens: NAME:TOKEN, or NAME:sha256:HEX, separated by commas or blanks.",
    )
    secret_key: str | None = Field(
        None,
        min_length=16,
        repr=False,
        description="Signs sessions together with the password; changing either ends them all.",
    )
    proxies: int = Field(
        0,
        ge=0,
        le=9,
        description="How many reverse proxies stand in front, whose X-Forwarded-For and -Proto are believed.",
    )
    retention_days: float = Field(
        14, ge=0, description="Days for which a run is kept after it ended; 0 keeps it whatever its age."
    )
    retention_failed_days: float = Field(
        90, ge=0, description="Days for which a failed run is kept; 0 keeps it whatever its age."
    )
    retention_nodes: int = Field(
        1_000_000,
        ge=0,
        description="Tasks that are kept; beyond it the oldest runs that ended go. 0: any number.",
    )
    redact: Annotated[str | None, AfterValidator(_expression)] = Field(
        None,
        description="Names whose values are masked: a regular expression; passwords and the like by default.",
    )
    value_limit: int = Field(
        1024 * 1024,
        ge=0,
        le=64 * 1024 * 1024,
        description="Characters kept of one argument list, result or traceback.",
    )
    window: int = Field(
        10_000,
        ge=1,
        description="How many conducted tasks, of all runs, may be with Celery at the same time.",
    )
    rates: Annotated[str | None, AfterValidator(_rates)] = Field(
        None,
        description="How often conducted tasks may be sent at most: TASK=100/m, separated by commas.",
    )
    data_dir: Path | None = Field(
        None, description="Where the demo keeps its broker and database; a temporary folder when not set."
    )
    broker_binary: Path | None = Field(
        None, description="The Redis-compatible server that the demo starts; looked for when not set."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="How much to log: DEBUG, INFO, WARNING or ERROR."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return where values come from, the strongest first."""
        files = (_SecretFiles(settings_cls), TomlConfigSettingsSource(settings_cls))
        return init_settings, env_settings, *files


class _SecretFiles(PydanticBaseSettingsSource):
    """Values out of the files that ``UMBEL_*_FILE`` names."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{_variable(field_name)}_FILE")
        return Path(path).read_text().strip() if path else None, field_name, False

    def __call__(self) -> dict[str, Any]:
        values = {name: self.get_field_value(field, name)[0] for name, field in Settings.model_fields.items()}
        return {name: value for name, value in values.items() if value is not None}


class Setting(NamedTuple):
    """One row of the table of settings."""

    name: str
    flag: (
        str | None
    )  # none for what must not stand on a command line, which everybody on the machine can read
    variable: str
    default: Any
    help: str


def table() -> list[Setting]:
    """Return the table of settings, for command lines and documents."""
    return [
        Setting(name, _flag(name), _variable(name), field.default, field.description or "")
        for name, field in Settings.model_fields.items()
    ]


def _flag(name: str) -> str | None:
    return None if name in SECRETS else f"--{name.replace('_', '-')}"


def load(**flags: Any) -> Settings:
    """Return the settings; flags that are None count as not given.

    Raises
    ------
    SettingsError
        A key is unknown, a value does not fit or a file cannot be read. The message names the key, where it
        came from and what fits.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    _refuse_unknown_variables()
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(fault, given) for fault in error.errors())) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{TOML} is not TOML: {error}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"A file that holds settings cannot be read: {error}.") from error


def _refuse_unknown_variables() -> None:
    known = {_variable(name) for name in Settings.model_fields}
    for variable in sorted(name for name in os.environ if name.startswith(PREFIX)):
        if variable.startswith(OF_TESTS):
            continue
        plain = variable.removesuffix("_FILE")
        if plain not in known:
            raise SettingsError(f"The environment has {variable}, which is no setting. {_known(known)}")
        if variable != plain and os.environ.get(plain):
            raise SettingsError(f"The environment has both {plain} and {variable}. Keep one of them.")


def _explain(fault: Any, flags: dict[str, Any]) -> str:
    name = str(fault["loc"][0])
    origin = _origin(name, flags)
    if fault["type"] == "extra_forbidden":
        return f"{origin} has {name}, which is no setting. {_known(Settings.model_fields)}"
    field = Settings.model_fields[name]
    value = f" is {fault['input']!r}, which" if field.repr else ""
    return (
        f"{name}, from {origin},{value} does not fit: {fault['msg']}. What belongs there: {field.description}"
    )


def _origin(name: str, flags: dict[str, Any]) -> str:
    if name in flags:
        return "the command line"
    for variable in (_variable(name), f"{_variable(name)}_FILE"):
        if os.environ.get(variable):
            return f"the environment ({variable})"
    return str(TOML)


def _known(names: Any) -> str:
    return f"Settings are: {', '.join(sorted(names))}."


def _variable(name: str) -> str:
    return f"{PREFIX}{name.upper()}"

"""Settings: which source wins, and what is said of a wrong one."""

from pathlib import Path

import pytest

from umbel.engine import settings
from umbel.engine.errors import SettingsError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of each test, empty."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("UMBEL_BROKER_BINARY", raising=False)
    return tmp_path


def test_flag_beats_environment_beats_secret_file_beats_toml_beats_default(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.load().broker_url == "redis://127.0.0.1:6379/0"
    (folder / "umbel.toml").write_text('broker_url = "redis://toml/0"\nport = 1\n')
    assert settings.load().broker_url == "redis://toml/0"
    (folder / "secret").write_text("redis://file/0\n")
    monkeypatch.setenv("UMBEL_BROKER_URL_FILE", str(folder / "secret"))
    assert settings.load().broker_url == "redis://file/0"
    monkeypatch.delenv("UMBEL_BROKER_URL_FILE")
    monkeypatch.setenv("UMBEL_BROKER_URL", "redis://environment/0")
    assert settings.load().broker_url == "redis://environment/0"
    assert settings.load(broker_url="redis://flag/0").broker_url == "redis://flag/0"
    assert settings.load(broker_url=None, port=None).port == 1


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UMBEL_PORT", "")
    assert settings.load().port == 5556


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "99999"),
        ("port", "http"),
        ("threads", "0"),
        ("workers", "-1"),
        ("log_level", "LOUD"),
        ("host", ""),
        ("data_dir", 7),
        ("retention_days", -1),
        ("retention_nodes", "many"),
        ("redact", "(password"),
        ("value_limit", 10**12),
    ],
)
def test_a_bad_value_names_key_value_and_origin(name: str, value: object) -> None:
    with pytest.raises(SettingsError) as caught:
        settings.load(**{name: value})
    assert f"{name}, from the command line, is {value!r}" in str(caught.value)
    assert next(row.help for row in settings.table() if row.name == name) in str(caught.value)


def test_the_origin_is_the_variable_or_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "umbel.toml").write_text("threads = 'many'\n")
    monkeypatch.setenv("UMBEL_PORT", "x")
    with pytest.raises(SettingsError) as caught:
        settings.load()
    assert "port, from the environment (UMBEL_PORT)," in str(caught.value)
    assert "threads, from umbel.toml," in str(caught.value)


@pytest.mark.parametrize("name", ["broker_url", "database_url", "result_backend"])
def test_a_url_that_does_not_fit_is_not_repeated_since_it_may_hold_a_password(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}, from the command line, does not fit") as caught:
        settings.load(**{name: "user:hunter2@host"})
    assert "hunter2" not in str(caught.value)


def test_passwords_do_not_show_in_the_repr() -> None:
    assert "hunter2" not in repr(settings.load(broker_url="redis://:hunter2@host/0"))


def test_a_database_of_another_kind_is_refused() -> None:
    with pytest.raises(SettingsError, match="database_url"):
        settings.load(database_url="mysql://host/umbel")


def test_unknown_keys_are_refused_wherever_they_stand(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="the command line has brokerurl, which is no setting"):
        settings.load(brokerurl="redis://host")
    (folder / "umbel.toml").write_text("prot = 1\n")
    with pytest.raises(SettingsError, match=r"umbel\.toml has prot, which is no setting.*broker_url"):
        settings.load()
    monkeypatch.setenv("UMBEL_PROT", "1")
    with pytest.raises(SettingsError, match=r"UMBEL_PROT, which is no setting.*UMBEL_PORT"):
        settings.load()


def test_variables_of_tests_are_nobodys_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UMBEL_TEST_POSTGRESQL", "postgresql://host/x")
    assert settings.load().port == 5556


def test_a_secret_given_twice_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UMBEL_BROKER_URL", "redis://a/0")
    monkeypatch.setenv("UMBEL_BROKER_URL_FILE", str(folder / "secret"))
    with pytest.raises(SettingsError, match="both UMBEL_BROKER_URL and UMBEL_BROKER_URL_FILE"):
        settings.load()


def test_files_that_cannot_be_read_are_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "umbel.toml").write_text("port =\n")
    with pytest.raises(SettingsError, match=r"umbel\.toml is not TOML"):
        settings.load()
    (folder / "umbel.toml").unlink()
    monkeypatch.setenv("UMBEL_BROKER_URL_FILE", str(folder / "missing"))
    with pytest.raises(SettingsError, match=r"cannot be read.*missing"):
        settings.load()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        settings.load().port = 1


def test_every_setting_has_a_help_text_and_names_of_its_own() -> None:
    rows = settings.table()
    assert {row.name for row in rows} == set(settings.Settings.model_fields)
    assert all(row.help.endswith(".") for row in rows)
    broker = next(row for row in rows if row.name == "broker_url")
    assert (broker.flag, broker.variable) == ("--broker-url", "UMBEL_BROKER_URL")

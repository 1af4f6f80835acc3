"""A RabbitMQ server of one's own, in a temporary folder, for as long as it is needed."""

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ports import free_port

HOST = "127.0.0.1"
# A half of the shell in the background waits for the end of our pipe, however we end, and then ends them all.
GUARD = ["/bin/sh", "-c", 'exec 3<&0; (read -r _ <&3; kill -KILL -$$) & exec 3<&- "$@" </dev/null', "umbel"]
CONFIGURATION = """
listeners.tcp.local = {host}:{port}
log.file.level = warning
log.console = false
"""


def program() -> Path | None:
    """Return the script that starts RabbitMQ; None where there is none.

    Not the one on PATH: that becomes another user, and writes to folders of the system.
    """
    found = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    return found if found.exists() and shutil.which("epmd") and shutil.which("erl_call") else None


class RabbitMQ:
    """A server over data of its own, which stay when it is stopped.

    Everything that Erlang's programs share by default is its own: home, cookie, names of nodes.
    """

    def __init__(self, script: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="umbel-rabbitmq-"))
        self.port, self._control, names = free_port(), free_port(), free_port()
        (self.folder / "plugins").write_text("[].")
        (self.folder / "rabbitmq.conf").write_text(CONFIGURATION.format(host=HOST, port=self.port))
        own = {
            "HOME": self.folder,
            "RABBITMQ_NODENAME": "umbel@localhost",
            "RABBITMQ_DIST_PORT": self._control,
            "RABBITMQ_MNESIA_BASE": self.folder / "data",
            "RABBITMQ_LOG_BASE": self.folder / "log",
            "RABBITMQ_ENABLED_PLUGINS_FILE": self.folder / "plugins",
            "RABBITMQ_CONFIG_FILE": self.folder / "rabbitmq.conf",
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "ERL_EPMD_ADDRESS": HOST,
            "ERL_EPMD_PORT": names,
        }
        self._environment = os.environ | {name: str(value) for name, value in own.items()}
        self._commands = (["epmd"], [str(script)])  # started here, the names would outlive the server
        self._running: list[subprocess.Popen[bytes]] = []
        self._hosts = itertools.count(1)

    def start(self, within: float = 60.0) -> None:
        """Start the server, and wait until it answers."""
        with (self.folder / "said").open("ab") as sink:
            for command in self._commands:
                self._running.append(
                    subprocess.Popen(
                        [*GUARD, *command],
                        env=self._environment,
                        stdin=subprocess.PIPE,
                        stdout=sink,
                        stderr=sink,
                        cwd=self.folder,
                        start_new_session=True,
                    )
                )
        deadline = time.monotonic() + within
        while self._ask("rabbit:is_running()") != "{ok, true}":
            ended = any(each.poll() is not None for each in self._running)
            if ended or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "said").read_text())
            time.sleep(0.1)

    def empty(self) -> str:
        """Return the URL of a new virtual host, with nothing in it."""
        name = f"v{next(self._hosts)}"
        told = self._ask(
            f'rabbit_vhost:add(<<"{name}">>, <<"test">>), rabbit_auth_backend_internal:set_permissions('
            f'<<"guest">>, <<"{name}">>, <<".*">>, <<".*">>, <<".*">>, <<"test">>)'
        )
        assert told == "{ok, ok}", told
        return f"amqp://guest:guest@{HOST}:{self.port}/{name}"

    def signal(self, number: signal.Signals) -> None:
        """Send all its processes a signal."""
        for each in self._running:
            os.killpg(each.pid, number)

    def stop(self) -> None:
        """Stop the server as if it crashed."""
        self.signal(signal.SIGKILL)
        while self._running:
            with self._running.pop() as ended:
                ended.wait()

    def remove(self) -> None:
        """Stop the server for good, and remove its data."""
        self.stop()
        shutil.rmtree(self.folder)

    def _ask(self, expression: str) -> str:
        try:
            cookie = (self.folder / ".erlang.cookie").read_text()
        except OSError:
            return ""  # it has yet to write it
        command = ["erl_call", "-address", f"{HOST}:{self._control}", "-c", cookie, "-e"]
        told = subprocess.run(
            command,
            env=self._environment,
            input=f"{expression}.\n",
            capture_output=True,
            text=True,
            check=False,
        )
        return told.stdout


@contextmanager
def rabbitmq(script: Path) -> Iterator[RabbitMQ]:
    """Give a new server that listens on the loopback address alone."""
    server = RabbitMQ(script)
    try:
        server.start()
        yield server
    finally:
        server.remove()

"""One supervised process of the demo, with all that it forks."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path


class Part:
    """A process that can be started again, and ended whole.

    It leads a session of its own, so that Ctrl-C in the terminal reaches the supervisor alone, and so that
    its forks can be found when it is dead.
    """

    def __init__(self, name: str, folder: Path, environment: dict[str, str]) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._folder = folder
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The id of its process."""
        return self._process.pid if self._process else None

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it; what is left of an earlier start is killed first."""
        self.kill()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "umbel.webui.demo.child", self.name],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._folder,  # an umbel.toml of the person's own project must not reach the demo
                env=self._environment,
                start_new_session=True,
            )

    def ended(self) -> int | None:
        """Return its exit code if it is no longer running."""
        return self._process.poll() if self._process else None

    def ask_to_stop(self) -> None:
        """Ask it to end in an orderly way."""
        if self.is_running and self._process:
            self._process.terminate()

    def kill(self) -> None:
        """End it and its forks at once."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        self._process = None

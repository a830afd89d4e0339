"""helm and kustomize as they are installed, run on a copy of a package: no network, no plugins, and only so long."""

from __future__ import annotations

import os
import re
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from guard.model.document import ReadError, Rendering, Tree

MOST_SECONDS = 10.0
"""How long one package may take."""
MOST_SECONDS_IN_ALL = 60.0
MOST_OUTPUT = 32 * 1024 * 1024
MOST_COPIED = 64 * 1024 * 1024
MOST_FILES = 5_000
_CHUNK = 65_536
_RELEASE = "release"
# What Kubernetes' log puts before a message.
_LOG = re.compile(r"^[EFIW]\d{4} \S+ +\d+ \S+\] (?:\"command failed\" err=)?")


class Programs:
    """Renders packages of a tree. What a repository holds is data to these programs: no hook, plugin, generator or
    post-renderer of it is run, and nothing is fetched."""

    def __init__(self, tree: Tree, path: str | None = None) -> None:
        self._tree = tree
        self._path = _absolute(os.environ.get("PATH", os.defpath) if path is None else path)
        self._left = MOST_SECONDS_IN_ALL

    def chart(self, directory: str, files: Sequence[str]) -> Rendering:
        """Return what `helm template` makes of the chart in `directory`; `files` are the paths that belong to it."""
        helm = shutil.which("helm", path=self._path)
        if helm is None:
            return Rendering(None, "helm is not installed")
        command = [helm, "template", _RELEASE, ".", "--skip-tests"]
        return self._run(command, directory, files)

    def kustomization(self, directory: str, files: Sequence[str]) -> Rendering:
        """Return what kustomize builds in `directory` out of `files`."""
        for name, arguments in (("kustomize", ["build", "."]), ("kubectl", ["kustomize", "."])):
            program = shutil.which(name, path=self._path)
            if program is not None:
                return self._run([program, *arguments], directory, files)
        return Rendering(None, "neither kustomize nor kubectl is installed")

    def _run(self, command: Sequence[str], directory: str, files: Sequence[str]) -> Rendering:
        if self._left <= 0:
            return Rendering(None, f"the packages before it took {MOST_SECONDS_IN_ALL:.0f} seconds")
        with tempfile.TemporaryDirectory(prefix="guard-render-") as name:
            top = Path(name).resolve()
            reason = self._copy(files, top / "files")
            here = top / "files" / directory
            if reason or not here.is_dir():
                return Rendering(None, reason or "its files cannot be read")
            return self._ended(command, here, top)

    def _copy(self, files: Sequence[str], target: Path) -> str:
        """Copy the files, and return why that cannot be done, "" where it can. Only plain files are ever written."""
        if len(files) > MOST_FILES:
            return f"it has more than {MOST_FILES} files"
        left = MOST_COPIED
        for path in files:
            try:
                content = self._tree.read(path)
            except ReadError as error:
                return str(error)
            left -= len(content)
            if left < 0:
                return f"it has more than {MOST_COPIED} bytes"
            copy = target / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content)
        return ""

    def _ended(self, command: Sequence[str], here: Path, top: Path) -> Rendering:
        began = time.monotonic()
        try:
            process = subprocess.Popen(
                command,
                cwd=here,
                env=_environment(top),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            return Rendering(None, f"{Path(command[0]).name} cannot be run: {error.strerror}")
        try:
            output, said, reason = _read(process, began + min(MOST_SECONDS, self._left))
        finally:
            _end(process)
            self._left -= time.monotonic() - began
        name = Path(command[0]).name
        if reason:
            return Rendering(None, f"{name} {reason}")
        if process.returncode != 0:
            return Rendering(None, f"{name}: {_first_line(said, top) or 'it failed'}")
        return Rendering(output.decode("utf-8", "replace"))


def _absolute(path: str) -> str:
    # A relative entry would find programs in the directory that is checked.
    return os.pathsep.join(entry for entry in path.split(os.pathsep) if Path(entry).is_absolute())


def _environment(top: Path) -> Mapping[str, str]:
    """Return all that the program sees of the environment: no cluster, no settings of the user, and no way out."""
    nowhere = "http://127.0.0.1:9"
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"), nowhere)
    helm = {f"HELM_{name}_HOME": str(top / name.lower()) for name in ("CACHE", "CONFIG", "DATA")}
    return {
        "PATH": os.defpath,
        "HOME": str(top),
        "TMPDIR": str(top),
        "LC_ALL": "C",
        "KUBECONFIG": os.devnull,
        "HELM_PLUGINS": str(top / "plugins"),
        "GIT_ALLOW_PROTOCOL": "none",
        "GOMEMLIMIT": "1GiB",
        **helm,
        **proxies,
    }


def _read(process: subprocess.Popen[bytes], deadline: float) -> tuple[bytes, bytes, str]:
    """Return what a process writes to its two outputs, and why it was not read to the end, "" where it was."""
    assert process.stdout is not None and process.stderr is not None
    parts: dict[int, list[bytes]] = {process.stdout.fileno(): [], process.stderr.fileno(): []}
    size = 0
    reason = ""
    with selectors.DefaultSelector() as selector:
        for handle in parts:
            selector.register(handle, selectors.EVENT_READ)
        while selector.get_map() and not reason:
            left = deadline - time.monotonic()
            ready = selector.select(left) if left > 0 else []
            if not ready:
                reason = "took too long"
            for key, _ in ready:
                chunk = os.read(key.fd, _CHUNK)
                size += len(chunk)
                parts[key.fd].append(chunk)
                if not chunk:
                    selector.unregister(key.fd)
            if size > MOST_OUTPUT:
                reason = f"wrote more than {MOST_OUTPUT} bytes"
    if not reason:
        try:
            process.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            reason = "took too long"
    output, said = (b"".join(chunks) for chunks in parts.values())
    return output, said, reason


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process with all that it started."""
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    # Until it has been waited for, its number cannot have become another's.
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _first_line(said: bytes, top: Path) -> str:
    """Return what a program says is wrong, without where the copy was."""
    lines = [_LOG.sub("", line).strip(' <>"') for line in said.decode("utf-8", "replace").splitlines()]
    lines = [line for line in lines if line and not line.startswith("# Warning")]
    wanted = next((line for line in lines if line.lower().startswith("error")), lines[0] if lines else "")
    text = wanted.removeprefix("Error: ").removeprefix("error: ").replace(f"{top}/files/", "").replace(str(top), "")
    return "".join(one if one.isprintable() else " " for one in text)[:300]

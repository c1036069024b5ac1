"""Servers of our own for a test module, with settings that the shared ones do not have; stopped at its end."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def _folder_of(account: str) -> Iterator[Path]:
    """A folder in which another account may work; skips where that cannot be.

    It is none of pytest's: every pytest that starts takes the rights on those away from other accounts.
    """
    try:
        pwd.getpwnam(account)
    except KeyError:
        pytest.skip(f"there is no account {account!r} to run a server as")
    if os.geteuid() != 0:
        pytest.skip("only root can start a server as another account")
    with tempfile.TemporaryDirectory(prefix="datagov_server_") as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.chown(folder, account, account)
        yield folder


@contextmanager
def postgres(**settings: str) -> Iterator[Path]:
    """A PostgreSQL server in a folder where its socket lies and which trusts everybody there; ``{}`` is the folder."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = shutil.which("initdb") or (str(found[-1]) if found else None)
    if initdb is None:
        pytest.skip("no initdb is installed to start a PostgreSQL server of our own")
    with _folder_of("postgres") as folder:
        data, tools = folder / "data", Path(initdb).parent

        def ran(*words: str) -> None:
            command = {"check": True, "user": "postgres", "cwd": folder, "stdout": subprocess.DEVNULL}
            subprocess.run(words, env={"LC_ALL": "C"}, **command)

        ran(initdb, "-D", str(data), "-A", "trust", "-U", "postgres", "-N")
        given = {"listen_addresses": "", "fsync": "off", "unix_socket_directories": "{}", **settings}
        with (data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value.replace('{}', str(folder))}'\n" for name, value in given.items())
        ran(str(tools / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "start")
        try:
            yield folder
        finally:
            ran(str(tools / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")


@contextmanager
def standby(primary: Path) -> Iterator[Path]:
    """A hot standby of the server of :func:`postgres` in the folder ``primary``; its own folder has its socket."""
    tools = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_basebackup"))[-1].parent
    with _folder_of("postgres") as folder:
        data = folder / "data"

        def ran(*words: str) -> None:
            command = {"check": True, "user": "postgres", "cwd": folder, "stdout": subprocess.DEVNULL}
            subprocess.run(words, env={"LC_ALL": "C"}, **command)

        ran(str(tools / "pg_basebackup"), "-h", str(primary), "-U", "postgres", "-D", str(data), "-R", "-c", "fast")
        with (data / "postgresql.conf").open("a") as file:
            file.write(f"unix_socket_directories = '{folder}'\n")
        ran(str(tools / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "start")
        try:
            yield folder
        finally:
            ran(str(tools / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")


@contextmanager
def mariadb(*options: str) -> Iterator[Path]:
    """A MariaDB server in a folder with its socket ``socket``; root has no password there. ``{}`` is the folder."""
    install, server = shutil.which("mariadb-install-db"), shutil.which("mariadbd")
    if install is None or server is None:
        pytest.skip("no MariaDB is installed to start a server of our own")
    with _folder_of("mysql") as folder:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
        where = ["--no-defaults", f"--datadir={folder / 'data'}"]
        root = ["--user=mysql", "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run([install, *where, *root], check=True, **quiet)
        socket = folder / "socket"
        given = [f"--socket={socket}", "--skip-networking", "--innodb-flush-log-at-trx-commit=0"]
        given += [option.replace("{}", str(folder)) for option in options]
        running = subprocess.Popen([server, *where, *given], user="mysql", **quiet)
        try:
            for _ in range(300):
                if socket.exists() or running.poll() is not None:
                    break
                time.sleep(0.1)
            yield folder
        finally:
            running.terminate()
            running.wait(60)

"""ClickHouse's HTTP interface in front of chDB's engine, for tests: `python _clickhouse_server.py FOLDER`.

It is no ClickHouse server. The engine, its system tables, grants and errors are ClickHouse's own; what stands here is
the reading of requests: account and password, settings as parameters, and the form of an answer. chDB knows one
account, so a request of another one runs with that one's role alone, and SHOW GRANTS is asked for that one by name.
"""

import base64
import re
import sys
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import chdb

SECRET = "correct-horse-battery"
EVERYBODY = {
    "default": ("", "admin"),
    "reader": (SECRET, "audit"),
    "blind": (SECRET, "only"),
    "writer": (SECRET, "audit"),
    "bare": (SECRET, "audit"),
    "stock": (SECRET, "audit"),
}
STRICT = {"bare": (), "stock": ("parts", "grants", "role_grants", "query_log")}
"""Accounts for which tables of the server itself have to be granted, as they must where
select_from_system_db_requires_grant is set, and what is: the engine in a library does not know that setting."""
OPEN = ("one", "databases", "tables", "columns", "settings", "users", "roles", "functions")
"""Some of the tables that a server shows all the same: users and roles to whom may SHOW them."""
TRANSPORT = re.compile(r"query|database|user|password|session_\w+|query_id|wait_end_of_query|compress|decompress|"
                       r"client_protocol_version|default_format|role|buffer_size|quota_key|send_progress_in_http_headers|"
                       r"http_headers_progress_interval_ms|enable_http_compression")  # fmt: skip
READS = "<query>GRANT SELECT, dictGet ON *.*</query><query>GRANT SHOW USERS, SHOW ROLES ON *.*</query>"
USER = "<password>{0}</password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>"
CONFIG = f"""<clickhouse>
<profiles><default/></profiles><quotas><default/></quotas>
<users>
  <default>{USER.format("")}<grants><query>GRANT admin</query>
    <query>GRANT audit</query><query>GRANT only</query></grants></default>
  <reader>{USER.format(SECRET)}<grants><query>GRANT audit</query></grants></reader>
  <blind>{USER.format(SECRET)}<grants><query>GRANT only</query></grants></blind>
  <bare>{USER.format(SECRET)}<grants><query>GRANT audit</query></grants></bare>
  <stock>{USER.format(SECRET)}<grants><query>GRANT audit</query></grants></stock>
  <writer>{USER.format(SECRET)}<grants><query>GRANT SELECT, INSERT ON *.*</query>
    <query>GRANT FILE ON *.*</query></grants></writer>
  <gap>{USER.format(SECRET)}<grants><query>GRANT SELECT ON gap.*</query><query>REVOKE SELECT ON gap.secret</query>
    <query>GRANT SELECT(phone) ON gap.part</query></grants></gap>
</users>
<roles>
  <admin><grants><query>GRANT ALL ON *.*</query></grants></admin>
  <audit><grants>{READS}</grants></audit>
  <only><grants><query>GRANT SELECT ON seen.*</query></grants></only>
</roles>
<query_log><database>system</database>
  <table>query_log</table><flush_interval_milliseconds>200</flush_interval_milliseconds></query_log>
</clickhouse>"""


def main(folder: Path) -> None:
    config, users = folder / "config.xml", folder / "users.xml"
    users.write_text(CONFIG)
    config.write_text(CONFIG.replace("</clickhouse>", f"<users_config>{users}</users_config></clickhouse>"))
    address = f"{folder / 'data'}?config-file={config}"
    kept = chdb.connect(address)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *words: object) -> None:
            pass

        def answer(self, status: int, body: bytes, code: str | None = None) -> None:
            self.send_response(status)
            if code:
                self.send_header("X-ClickHouse-Exception-Code", code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "surrogateescape")
            given = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
            sql = given.get("query", "") + body
            user, password = "default", ""
            if said := self.headers.get("Authorization"):
                user, _, password = base64.b64decode(said.split()[1]).decode().partition(":")
            if user not in EVERYBODY or EVERYBODY[user][0] != password:
                text = f"Code: 516. DB::Exception: {user}: Authentication failed (AUTHENTICATION_FAILED)"
                return self.answer(403, text.encode(), "516")
            asked = set(re.findall(r"FROM system\.(\w+)", sql))
            if user in STRICT and asked - {*OPEN, *STRICT[user]}:
                return self.answer(500, b"Code: 497. DB::Exception: Not enough privileges (ACCESS_DENIED)", "497")
            connection = chdb.connect(address)
            try:
                asks_grants = sql.lstrip().upper().startswith("SHOW GRANTS")
                connection.query(f"SET ROLE {'admin' if asks_grants else EVERYBODY[user][1]}")
                settings = {name: value for name, value in given.items() if not TRANSPORT.fullmatch(name)}
                for name in sorted(settings, key=lambda one: one == "readonly"):
                    connection.query(f"SET {name} = '{settings[name]}'")
                if given.get("database"):
                    connection.query(f"USE `{given['database']}`")
                if asks_grants:
                    sql = re.sub(r"(?i)SHOW GRANTS", f"SHOW GRANTS FOR {user}", sql, count=1)
                raw: Any = sql.encode("utf-8", "surrogateescape")  # chdb takes bytes, and says that it takes text
                found = connection.query(raw, "TabSeparated").bytes() or b""
            except RuntimeError as error:
                code = re.search(r"Code: (\d+)", str(error))
                return self.answer(500, str(error).encode(), code[1] if code else "0")
            finally:
                connection.close()
            return self.answer(200, found)

        def do_GET(self) -> None:
            self.do_POST()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_port, flush=True)
    with suppress(KeyboardInterrupt):
        server.serve_forever()
    kept.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

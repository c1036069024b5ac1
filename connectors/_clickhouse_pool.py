"""clickhouse-connect's way to an engine of chDB in a child: requests of its HTTP interface, without a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import urllib3

from datagov.connectors._clickhouse_open import ClickhouseError

_WORDS = (
    "buffer_size client_protocol_version compress database decompress enable_http_compression"
    " http_headers_progress_interval_ms query query_id quota_key role send_progress_in_http_headers session_check"
    " session_id session_timeout wait_end_of_query"
)
_TRANSPORT = frozenset(_WORDS.split())
"""Parameters of a request that are no settings of the engine."""
_PLAIN = "TabSeparated"


class EnginePool(urllib3.PoolManager):
    """Answers requests of ClickHouse's HTTP interface by an engine: nothing is sent over a network."""

    def __init__(self, ask: Callable[[bytes, Mapping[str, str], str], bytearray], settings: Mapping[str, str]) -> None:
        super().__init__(num_pools=1)
        self._ask, self._settings = ask, settings

    def request(self, method: str, url: str, *_: Any, **given: Any) -> Any:
        """The answer to a statement in the URL and the body, with its settings and, always, our limits."""
        told = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        body = given.get("body") or b""
        sql = told.get("query", "").encode() + (body if isinstance(body, bytes) else body.encode())
        settings = {name: value for name, value in told.items() if name not in _TRANSPORT} | dict(self._settings)
        headers = {"Content-Type": "application/octet-stream"}
        try:
            data = self._ask(sql, settings, _PLAIN)
            status = 200
        except ClickhouseError as error:
            data = bytearray(f"Code: {error.code}. DB::Exception: left out".encode())
            status, headers["X-ClickHouse-Exception-Code"] = 500, str(error.code)
        held = BytesIO(data)
        return urllib3.HTTPResponse(held, headers, status, preload_content=bool(given.get("preload_content", True)))

"""Where Iceberg tables are found: in a catalog, or in the metadata files of a folder. Nothing is written anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr

from datagov import config
from datagov.connectors._iceberg_table import IcebergTable, told
from datagov.connectors._options import Options
from datagov.contracts import Source
from datagov.errors import ConfigError, SourceError

_SQLITE = "sqlite:///"
_DEEPEST = 8
_FILE_IO = "pyiceberg.io.pyarrow.PyArrowFileIO"


class CatalogOptions(Options):
    """The option ``catalog`` of a source with ``use: iceberg``."""

    type: Annotated[Literal["sql", "rest", "glue", "hive"], Field(description="Kind of the catalog.")]
    uri: Annotated[str | None, Field(description="Its address, without a password.")] = None
    warehouse: Annotated[str | None, Field(description="The warehouse, where the catalog has several.")] = None
    name: Annotated[str, Field(min_length=1, description="SQL: under which its tables are registered.")] = "default"
    password: Annotated[SecretStr | None, Field(description="SQL: ${NAME} or file:PATH.")] = None
    token: Annotated[SecretStr | None, Field(description="REST: bearer token, ${NAME} or file:PATH.")] = None
    credential: Annotated[SecretStr | None, Field(description="REST: client id:secret, ${NAME} or file:PATH.")] = None
    properties: Annotated[Mapping[str, str], Field(description="More properties of PyIceberg, no secrets.")] = {}


Identifier = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class View:
    """A view of a catalog: its query in one dialect."""

    name: str
    dialect: str
    sql: str


class Catalog:
    """The tables of a catalog. Every method raises SourceError with a sentence when it cannot be asked."""

    def __init__(self, source: Source, options: CatalogOptions, files: Mapping[str, str]) -> None:
        self._who = f"Source {source.name!r}: the Iceberg catalog"
        self._files = files
        self._properties = {**options.properties, **files, **_properties(source, options)}
        self._catalog = told(lambda: self._made(options), self._who, "its address or account")

    def tables(self) -> Iterator[Identifier]:
        """Identifiers of all tables, namespace by namespace."""
        for namespace in self._namespaces((), 0):
            yield from told(partial(self._catalog.list_tables, namespace), self._who, f"the namespace {namespace}")

    def views(self) -> Iterator[View]:
        """Views with their SQL, of catalogs that have views."""
        for namespace in self._namespaces((), 0):
            for identifier in told(partial(self._views_of, namespace), self._who, "its list of views"):
                yield told(partial(_view, self._catalog, identifier), self._who, "a view")

    def table(self, identifier: Identifier, *, who: str, snapshot: int | None = None) -> IcebergTable:
        """One table with its metadata."""
        table = told(lambda: self._catalog.load_table(identifier), who, "its metadata")
        # Properties of a table could send the account's requests elsewhere, so they do not count for reading.
        own = table.metadata.properties
        given = {name: value for name, value in table.io.properties.items() if name not in own}
        return IcebergTable(table, _file_io({**given, **self._files}), who=who, snapshot=snapshot)

    def _views_of(self, namespace: Identifier) -> Sequence[Identifier]:
        try:
            return list(self._catalog.list_views(namespace))
        except NotImplementedError:
            return ()

    def _namespaces(self, parent: Identifier, depth: int) -> Iterator[Identifier]:
        found = told(lambda: self._catalog.list_namespaces(parent), self._who, "its list of namespaces")
        for namespace in sorted(set(found)):
            if len(namespace) <= len(parent) or depth > _DEEPEST:
                continue
            yield namespace
            yield from self._namespaces(namespace, depth + 1)

    def _made(self, options: CatalogOptions) -> Any:
        from pyiceberg.catalog import AVAILABLE_CATALOGS, CatalogType

        return AVAILABLE_CATALOGS[CatalogType(options.type)](options.name, self._properties)


def table_of_metadata(
    location: str, files: Mapping[str, str], *, within: str, who: str, snapshot: int | None = None
) -> IcebergTable:
    """The table that one metadata file describes; all of its files must lie ``within``."""
    from pyiceberg.catalog.noop import NoopCatalog
    from pyiceberg.serializers import FromInputFile
    from pyiceberg.table import StaticTable

    io = _file_io(files)
    metadata = told(lambda: FromInputFile.table_metadata(io.new_input(location)), who, "its metadata file")
    table = StaticTable(("folder", who), metadata, location, io, NoopCatalog("folder"))
    return IcebergTable(table, io, who=who, within=within, snapshot=snapshot)


def _file_io(properties: Mapping[str, str]) -> Any:
    from pyiceberg.io.pyarrow import PyArrowFileIO

    return PyArrowFileIO(dict(properties))


def _properties(source: Source, options: CatalogOptions) -> dict[str, str]:
    """The catalog's own properties with its secrets."""
    secrets = {
        name: config.resolve(secret.get_secret_value(), base=source.base)
        for name, secret in (("token", options.token), ("credential", options.credential))
        if secret is not None
    }
    given = {"py-io-impl": _FILE_IO, **secrets}
    if options.uri is not None:
        given["uri"] = _uri(source, options)
    if options.warehouse is not None:
        given["warehouse"] = config.expand(options.warehouse)
    return {**given, "init_catalog_tables": "false"} if options.type == "sql" else given


def _uri(source: Source, options: CatalogOptions) -> str:
    """The address; of SQLite the file from the configuration's folder, opened for reading only."""
    uri = config.expand(options.uri or "")
    if uri.startswith(_SQLITE):
        path = source.base / uri.removeprefix(_SQLITE)
        if not path.is_file():
            raise SourceError(
                f"Source {source.name!r}: the catalog {Path(uri.removeprefix(_SQLITE)).name!r} is not there; correct "
                "'catalog.uri', which starts at the configuration's folder."
            )
        return f"{_SQLITE}file:{path.resolve()}?mode=ro&uri=true"
    if options.password is None:
        return uri
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        address = make_url(uri)
    except ArgumentError:
        message = f"Source {source.name!r} has a 'catalog.uri' that is not the address of a database."
        raise ConfigError(message, file=source.file, line=source.line) from None
    password = config.resolve(options.password.get_secret_value(), base=source.base)
    return address.set(password=password).render_as_string(hide_password=False)


def _view(catalog: Any, identifier: Identifier) -> View:
    """The view in the first of the dialects in which it is kept."""
    about = catalog.load_view(identifier).metadata
    version = next(one for one in about.versions if one.version_id == about.current_version_id)
    kept = version.representations[0].root
    return View(".".join(identifier), kept.dialect.lower(), kept.sql)

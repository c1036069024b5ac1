"""The shape of an Open Data Contract Standard file, versions 3.0 to 3.2, as far as it is read here.

Keys are checked where owners, purposes, rights and retention stand, so that a misspelt one is an error and not
silence; other parts of a contract (quality, support, price …) are accepted as they are. Standard:
https://bitol-io.github.io/open-data-contract-standard/.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError
from pydantic.alias_generators import to_camel

from datagov.errors import ConfigError
from datagov.yamlfile import Document

Name = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel)


class CustomProperty(_Part):
    """A key of the user's own; those read here begin with ``datagov`` or are ``fidesDataCategories``."""

    property: Name
    value: Any
    id: Any = None
    description: Any = None
    vendor: Any = None


class Definition(_Part):
    """A link to a definition; one into DPV-PD says which personal data a column holds."""

    model_config = ConfigDict(extra="ignore")

    type: str | None = None
    url: str | None = None


class TeamMember(_Part):
    """A person of the team; role and dates make an owner assertion."""

    username: Name
    role: str | None = None
    date_in: str | None = None
    date_out: str | None = None
    replaced_by_username: str | None = None
    id: Any = None
    name: Any = None
    description: Any = None
    tags: Any = None
    custom_properties: Any = None
    authoritative_definitions: Any = None


class Team(_Part):
    """The team since 3.1; 3.0 has the list of members alone."""

    members: list[TeamMember] = []
    id: Any = None
    name: Any = None
    description: Any = None
    tags: Any = None
    custom_properties: Any = None
    authoritative_definitions: Any = None


class SlaProperty(_Part):
    """A service level; ``retention`` is the one that is read."""

    property: Name
    value: Any
    unit: str | None = None
    element: str | None = None
    id: Any = None
    value_ext: Any = None
    driver: Any = None
    description: Any = None
    scheduler: Any = None
    schedule: Any = None
    custom_properties: Any = None
    authoritative_definitions: Any = None


class Server(BaseModel):
    """A server; its schema names the datasets."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    schema_: Annotated[str | None, Field(alias="schema")] = None


class _Element(_Part):
    physical_name: Name | None = None
    custom_properties: list[CustomProperty] = []
    authoritative_definitions: list[Definition] = []
    id: Any = None
    physical_type: Any = None
    logical_type: Any = None
    description: Any = None
    business_name: Any = None
    deprecated: Any = None
    synonyms: Any = None
    tags: Any = None
    quality: Any = None
    relationships: Any = None
    context: Any = None


class Property(_Element):
    """A column, or a field inside one."""

    name: Name
    properties: list[Property] = []
    classification: str | None = None
    items: Any = None
    map: Any = None
    primary_key: Any = None
    primary_key_position: Any = None
    logical_type_options: Any = None
    required: Any = None
    unique: Any = None
    semantic_type: Any = None
    partitioned: Any = None
    partition_key_position: Any = None
    encrypted_name: Any = None
    transform_source_objects: Any = None
    transform_logic: Any = None
    transform_description: Any = None
    examples: Any = None
    enum: Any = None
    critical_data_element: Any = None


class Table(_Element):
    """A table: an element of the contract's ``schema``."""

    name: Name
    properties: list[Property] = []
    data_granularity_description: Any = None


def _team_shape(value: Any) -> str:
    return "list" if isinstance(value, list) else "object"


class Contract(_Part):
    """A whole contract."""

    api_version: Annotated[str, Field(pattern=r"^v3\.[012]\.\d{1,3}$")]
    kind: Literal["DataContract"]
    id: Name
    version: Name
    status: str | None = None
    servers: list[Server] = []
    team: (
        Annotated[Annotated[list[TeamMember], Tag("list")] | Annotated[Team, Tag("object")], Discriminator(_team_shape)]
        | None
    ) = None
    sla_properties: list[SlaProperty] = []
    custom_properties: list[CustomProperty] = []
    schema_: Annotated[list[Table], Field(alias="schema")] = []
    name: Any = None
    tenant: Any = None
    tags: Any = None
    data_product: Any = None
    description: Any = None
    domain: Any = None
    context: Any = None
    support: Any = None
    price: Any = None
    roles: Any = None
    sla_default_element: Any = None
    authoritative_definitions: Any = None
    contract_created_ts: Any = None

    @property
    def members(self) -> Sequence[TeamMember]:
        """The team's members, however the version writes them."""
        if isinstance(self.team, Team):
            return self.team.members
        return self.team or []


_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not a key of the standard here; put keys of your own under customProperties",
    "string_type": "must be text; put it in quotes",
    "string_too_short": "must not be empty",
    "list_type": "must be a list",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "literal_error": "must be 'DataContract'",
    "string_pattern_mismatch": "is not a version that is read; read are v3.0.x, v3.1.x and v3.2.x",
}


def contract(document: Document) -> Contract:
    """The contract in a document; raises ConfigError with file and line of its first fault, never a value."""
    if not isinstance(document.value, dict):
        raise ConfigError("A contract must be a mapping with 'apiVersion' and 'kind'.", file=document.file, line=1)
    try:
        return Contract.model_validate(document.value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    path = tuple(step for n, step in enumerate(first["loc"]) if not (n == 1 and step in ("list", "object")))
    where = ".".join(str(step) for step in path)
    fault = _WORDS.get(first["type"], "has the wrong type or form")
    raise ConfigError(
        f"This contract does not follow the Open Data Contract Standard: {where!r} {fault}.",
        file=document.file,
        line=document.line(*path),
    )

"""People of a directory export (JSON or LDIF): which attributes make a principal, and what says that one has left.

Of every entry only the attributes named here or in the configuration are looked at; nothing else of a person
gets anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from datagov.errors import ConfigError
from datagov.ownership import instants, shapes

FIELDS: Mapping[str, Sequence[str]] = {
    "principal": (
        "mail",
        "email",
        "userPrincipalName",
        "primaryEmail",
        "profile.email",
        "enterprise_email",
        "org_email",
        "emails.0.value",
        "profile.login",
        "userName",
        "login",
        "uid",
        "sAMAccountName",
        "user_id",
        "userid",
    ),
    "name": ("displayName", "profile.displayName", "name.formatted", "name.fullName", "name", "cn"),
    "status": (),
    "left_at": ("left_at", "employeeLeaveDateTime", "leave_time", "lastWorkDay", "terminationDate"),
    "replaced_by": ("replaced_by", "replacedBy", "successor"),
    "entity": (),
}
"""Field of a principal to the attributes that may hold it; the first that is there counts. Dots lead into objects."""

_IDENTIFIERS = ("dn", "id", "objectId", "user_id", "open_id", "userid", "uid", "sAMAccountName", "login", "userName")
"""Attributes by which other entries may refer to one."""

_STATUS_TEXTS = ("status", "employeeStatus", "employmentStatus", "accountStatus")
_SWITCHES: Mapping[str, bool] = {
    "accountEnabled": True,
    "active": True,
    "enabled": True,
    "suspended": False,
    "archived": False,
    "disabled": False,
    "loginDisabled": False,
    "nsAccountLock": False,
}
"""Attributes that are true or false, and which of the two means that the account is in use."""

_FLAGS: Mapping[str, str] = {"is_resigned": "left", "is_exited": "left", "is_frozen": "disabled"}
"""Members of Feishu's ``status`` that are true for people who are not active."""

_ACCOUNT_DISABLED = 0x2
"""ADS_UF_ACCOUNTDISABLE of Active Directory's userAccountControl."""

_LOCKED_FOR_EVER = "000001010000Z"
"""pwdAccountLockedTime of an account that only an administrator can open again (LDAP password policy)."""

WORDS: Mapping[str, Sequence[str]] = {
    "active": (
        "active",
        "enabled",
        "a",
        "employed",
        "staged",
        "provisioned",
        "recovery",
        "locked_out",
        "password_expired",
        "在职",
        "正式",
        "试用",
        "启用",
    ),
    "disabled": ("disabled", "inactive", "suspended", "frozen", "locked", "i", "停用", "禁用", "冻结", "停职"),
    "left": (
        "left",
        "deprovisioned",
        "terminated",
        "resigned",
        "retired",
        "departed",
        "exited",
        "deleted",
        "t",
        "离职",
        "已离职",
        "退休",
    ),
}
"""Status to the words that mean it, in lower case."""

_WORST = ("active", "disabled", "left")


@dataclass(frozen=True, slots=True)
class Settings:
    """How to read an export: attributes per field, words per status, and the status of entries that tell none."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    otherwise: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """An entry of an export: ``get`` looks an attribute up, by its name or dotted path, and gives None when absent."""

    line: int
    get: Callable[[str], Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Read:
    """A person with the line of the entry; an entry without a key has no person and cannot own anything."""

    line: int
    person: shapes.Person | None


def people(records: Iterable[Record], settings: Settings, name: str) -> Iterator[Read]:
    """The people of an export, in its order; raises ConfigError with the line of the first entry that is wrong."""
    words = {word.casefold(): state for state, usual in WORDS.items() for word in usual}
    words |= {word.casefold(): state for state, given in settings.words.items() for word in given}
    read = [(record, _values(record, settings, words, name)) for record in records]
    keys: dict[str, str] = {}
    for record, values in read:
        for identifier in filter(None, (_text(record.get(one)) for one in _IDENTIFIERS)):
            keys.setdefault(identifier.casefold(), values.get("principal", ""))
    for record, values in read:
        if "principal" not in values:
            yield Read(record.line, None)
            continue
        successor = values.get("replaced_by", "")
        values["replaced_by"] = keys.get(successor.casefold()) or successor
        yield Read(record.line, shapes.person(values, file=name, line=record.line))


def _values(record: Record, settings: Settings, words: Mapping[str, str], name: str) -> dict[str, str]:
    """The fields of a principal that the entry fills, as texts."""
    values: dict[str, str] = {}
    for key, usual in FIELDS.items():
        found = (_text(record.get(attribute)) for attribute in settings.fields.get(key) or usual)
        if text := next(filter(None, found), None):
            values[key] = text
    if "principal" in values:
        values["status"] = _status(record, settings, words, name)
    if "left_at" in values:
        moment = _moment(values.pop("left_at"), name, record.line)
        if moment:
            values["left_at"] = moment
    return values


def _status(record: Record, settings: Settings, words: Mapping[str, str], name: str) -> str:
    """active, disabled or left: the worst that any attribute says."""
    named = settings.fields.get("status")
    said = [_said(record.get(one), one, words, record.line, name) for one in named or _STATUS_TEXTS]
    if not named:
        said += [_switched(record.get(one), in_use=in_use) for one, in_use in _SWITCHES.items()]
        said.append(_controlled(record.get("userAccountControl")))
        if record.get("pwdAccountLockedTime") == _LOCKED_FOR_EVER:
            said.append("disabled")
    found = [one for one in said if one] or ([settings.otherwise] if settings.otherwise else [])
    if not found:
        raise ConfigError(
            "No attribute of this entry says whether the person is active; name it with 'fields: {status: …}', or "
            "say 'otherwise: active' when whoever is in the export is.",
            file=name,
            line=record.line,
        )
    return max(found, key=_WORST.index)


def _said(value: Any, attribute: str, words: Mapping[str, str], line: int, name: str) -> str | None:
    """What a status attribute says: a word, true or false, or Feishu's object of flags."""
    if isinstance(value, Mapping):
        return max((state for flag, state in _FLAGS.items() if value.get(flag)), key=_WORST.index, default="active")
    if isinstance(value, bool):
        return "active" if value else "disabled"
    text = _text(value)
    if text is None:
        return None
    state = words.get(text.casefold())
    if state is None:
        raise ConfigError(
            f"The word in {attribute!r} is not one datagov knows; say what it means with 'words: {{left: […]}}'.",
            file=name,
            line=line,
        )
    return state


def _switched(value: Any, *, in_use: bool) -> str | None:
    text = "" if value is None else str(value).strip().casefold()
    if text not in ("true", "false"):
        return None
    return "active" if (text == "true") is in_use else "disabled"


def _controlled(value: Any) -> str | None:
    text = _text(value)
    if text is None or not text.isascii() or not text.isdigit():
        return None
    return "disabled" if int(text) & _ACCOUNT_DISABLED else "active"


def _moment(text: str, name: str, line: int) -> str | None:
    """UTC ISO 8601 of a time in ISO 8601, in LDAP's generalized time, or in seconds or milliseconds since 1970."""
    digits = text.isascii() and text.isdigit()
    if digits and int(text) == 0:
        return None
    try:
        if digits and len(text) in (9, 10, 12, 13):
            moment = datetime.fromtimestamp(int(text) / (1 if len(text) < 12 else 1000), UTC)
            return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")
        plain = text.upper().partition(".")[0].rstrip("Z")
        if len(plain) == 14 and plain.isdigit() and text.upper().endswith("Z"):
            return datetime.strptime(plain, "%Y%m%d%H%M%S").replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
        return instants.normal(text)
    except (ValueError, OverflowError, OSError):
        raise ConfigError(
            "The time of leaving is neither ISO 8601 nor LDAP's time nor seconds since 1970.", file=name, line=line
        ) from None


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None

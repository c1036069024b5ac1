"""fideslang's data categories that say as much as an entity of ours: ``fideslang.csv``, the widest entity of each.

Categories that several unlike entities share (``user.financial``, ``user.government_id``) have none.
Source: fideslang's default taxonomy, https://ethyca.github.io/fideslang/taxonomy/data_categories/.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@cache
def _entities() -> Mapping[str, str]:
    lines = files("datagov.vocabulary").joinpath("fideslang.csv").read_text("utf-8").splitlines()
    return MappingProxyType({row["category"]: row["entity"] for row in csv.DictReader(lines)})


def entity_of(category: str) -> str | None:
    """The entity that data of a category is; a category below a known one is of the same entity.

    >>> entity_of("user.contact.phone_number"), entity_of("user.name.first"), entity_of("user.contact")
    ('PHONE_NUMBER', 'PERSON', None)
    """
    while category:
        if entity := _entities().get(category):
            return entity
        category = category.rpartition(".")[0]
    return None


def covers(wider: str, category: str) -> bool:
    """Whether a category is the same as, or below, a wider one.

    >>> covers("user.contact", "user.contact.email"), covers("user.con", "user.contact")
    (True, False)
    """
    return category == wider or category.startswith(f"{wider}.")

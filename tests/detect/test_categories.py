"""Every entity detection can report has a category, and each category says where it comes from."""

from __future__ import annotations

from datagov.detect import identifiers, lexicon
from datagov.vocabulary.categories import all_categories, category


def test_every_reported_entity_has_a_category() -> None:
    reported = {row.entity for row in identifiers.shipped()}
    reported |= {e.entity for entries in lexicon.shipped().terms.values() for e in entries if e.role == "is"}

    assert reported - {"LOCATION_PART"} <= set(all_categories())


def test_every_category_is_complete() -> None:
    for entry in all_categories().values():
        assert entry.title_en
        assert entry.title_zh
        assert entry.source
        assert entry.jrt0171 in {"C1", "C2", "C3", None}
        assert entry.jrt0197 in {1, 2, 3, 4, 5, None}
        assert entry.personal == bool(entry.fideslang)


def test_the_law_travels_with_the_tag() -> None:
    resident = category("CN_RESIDENT_ID")

    assert resident.pipl_sensitive
    assert resident.jrt0171 == "C2"
    assert category("PASSWORD").jrt0171 == "C3"
    assert not category("EMAIL_ADDRESS").pipl_sensitive
    assert not category("CN_USCC").personal


def test_an_entity_nobody_described_is_still_personal() -> None:
    unknown = category("ACME_BADGE")

    assert unknown.personal
    assert "no entry" in unknown.source

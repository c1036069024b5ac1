"""How fast detection reads, on one core: the scan of every cell by shape of column, and the sampled audit of a table.

    python benchmarks/detection_speed.py [rows]

Columns are made here, without a generator's library, with the given number of rows (400,000), and written to Parquet.
For every column its decoding from Parquet, its full scan and its classification from a sample are timed in the same
run, best of three, in CPU time of one thread; so the ratios hold on a busy machine too.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from datagov.detect import ColumnClassifier
from datagov.detect.exhaustive import scan

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _words(text: str) -> list[str]:
    return text.split()


_WORDS = _words(
    "the customer asked for a refund because parcel was late and box broken please call back tomorrow about invoice "
    "delivery address changed new order item missing wrong colour agent promised voucher within three days thank you"
)
_TITLES = ("red cotton shirt", "steel kettle 1.7 l", "usb-c cable 2 m", "oak table", "green tea 250 g")
_DAY = dt.datetime(2026, 1, 1)
_CHINESE = "订单发货退款地址电话时间问题处理完成等待"


def luhn(body: str) -> str:
    """The body with its Luhn check digit."""
    total = sum(int(c) if n % 2 else (int(c) * 2 - 9 if c > "4" else int(c) * 2) for n, c in enumerate(reversed(body)))
    return body + str(-total % 10)


def resident(chance: random.Random) -> str:
    """A valid mainland identity number."""
    born = dt.date(1950, 1, 1) + dt.timedelta(days=chance.randrange(20_000))
    body = f"{chance.choice((110105, 310101, 440106, 510104, 330102))}{born:%Y%m%d}{chance.randrange(1000):03d}"
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, _ID_WEIGHTS, strict=True)) % 11]


def iban(chance: random.Random) -> str:
    """A valid German account number."""
    body = f"{chance.randrange(10**18):018d}"
    return f"DE{98 - int(body + '131400') % 97:02d}{body}"


def sentence(chance: random.Random, words: int) -> str:
    """Words without personal data."""
    return " ".join(chance.choices(_WORDS, k=words))


def note(chance: random.Random) -> str:
    """A sentence; one in five names an order, one in two hundred an e-mail address."""
    said = sentence(chance, 14)
    if chance.random() < 0.2:
        said += f" order {chance.randrange(10**11, 10**12)}"
    return f"{said} p{chance.randrange(10**6)}@example.com" if chance.random() < 0.005 else said


SHAPES: dict[str, Callable[[random.Random, int], object]] = {
    "running number (int64)": lambda r, n: 10_000_000 + n,
    "snowflake id (int64)": lambda r, n: r.randrange(10**17, 10**18),
    "order number, 11 digits": lambda r, n: f"{r.randrange(10**10, 10**11)}",
    "order number, 16 digits": lambda r, n: f"{r.randrange(10**15, 10**16)}",
    "order number, 18 digits": lambda r, n: f"{r.randrange(10**17, 10**18)}",
    "epoch milliseconds": lambda r, n: f"{1_700_000_000_000 + r.randrange(10**10)}",
    "resident id, valid": lambda r, n: resident(r),
    "bank card, valid": lambda r, n: luhn(f"6222{r.randrange(10**14):014d}"),
    "payment card, valid": lambda r, n: luhn(f"4{r.randrange(10**14):014d}"),
    "mobile, valid": lambda r, n: f"13{r.randrange(10**9):09d}",
    "iban, valid": lambda r, n: iban(r),
    "e-mail": lambda r, n: f"{r.choice(_WORDS)}.{r.randrange(10**6)}@example.com",
    "amount": lambda r, n: f"{r.lognormvariate(5, 2):.2f}",
    "date": lambda r, n: f"2026-{r.randint(1, 12):02d}-{r.randint(1, 28):02d}",
    "timestamp": lambda r, n: f"{_DAY + dt.timedelta(seconds=r.randrange(3 * 10**7))}",
    "status": lambda r, n: r.choice(("OPEN", "CLOSED", "WAIT")),
    "city": lambda r, n: r.choice(("Berlin", "上海", "Paris", "深圳", "Rome", "Lagos")),
    "product name": lambda r, n: f"{r.choice(_TITLES)} {r.choice(_WORDS)} {r.randrange(1000)}",
    "uuid": lambda r, n: str(uuid.UUID(int=r.getrandbits(128), version=4)),
    "sha-256": lambda r, n: hashlib.sha256(str(n).encode()).hexdigest(),
    "name": lambda r, n: f"{r.choice(_WORDS).title()} {r.choice(_WORDS).title()}{r.choice('aeiou')}",
    "reference": lambda r, n: f"SO2026{r.randrange(10**6):06d}-{r.choice('ABC')}",
    "url": lambda r, n: f"https://shop.example.com/p/{r.randrange(10**7)}?ref={r.choice(_WORDS)}",
    "ip address": lambda r, n: ".".join(str(r.randrange(1, 255)) for _ in range(4)),
    "address": lambda r, n: f"{r.randint(1, 900)} {r.choice(_WORDS).title()} Street, {r.choice(('Leeds', 'York'))}",
    "free text, 90 characters": lambda r, n: note(r),
    "free text, Chinese": lambda r, n: "客户来电询问" + "".join(r.choices(_CHINESE, k=20)),
    "json": lambda r, n: f'{{"sku": {r.randrange(10**6)}, "qty": {r.randint(1, 9)}, "note": "{sentence(r, 4)}"}}',
}


def table(rows: int) -> pa.Table:
    """One column per shape."""
    chance = random.Random(11)
    return pa.table({name: pa.array([make(chance, n) for n in range(rows)]) for name, make in SHAPES.items()})


def best(work: Callable[[], object]) -> float:
    """The least CPU seconds of three runs."""
    spent = []
    for _ in range(3):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return min(spent)


def line(name: str, cells: int, decode: float, full: float, sampled: float) -> str:
    """One row of the printed table."""
    return (
        f"{name:26}{cells / decode / 1e6:9.2f}{cells / full / 1e6:9.2f}{full / decode:8.2f}"
        f"{1000 * sampled:10.1f}{cells / sampled / 1e6:10.1f}{sampled / decode:9.2f}"
    )


def main(rows: int, wanted: Sequence[str]) -> None:
    """Print one line per column and one for all."""
    pa.set_cpu_count(1)
    made = table(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "wide.parquet"
        pq.write_table(made, path)
        del made
        classifier = ColumnClassifier()
        classifier.recognise("p@example.com")
        total = [0.0, 0.0, 0.0]
        print(f"{rows} rows; rates in million cells per second of one thread's CPU")
        print(f"{'column':26}{'decode':>9}{'full':>9}{'ratio':>8}{'ms':>10}{'sampled':>10}{'ratio':>9}")
        names = [name for name in SHAPES if not wanted or any(word in name for word in wanted)]
        for name in names:
            decode = best(lambda name=name: pq.read_table(path, columns=[name], use_threads=False))
            column = pq.read_table(path, columns=[name], use_threads=False).column(0)
            full = best(lambda column=column: scan([column]))
            sampled = best(lambda column=column: classifier.classify("c1", column, table="t", population=rows))
            print(line(name, rows, decode, full, sampled), flush=True)
            total = [before + now for before, now in zip(total, (decode, full, sampled), strict=True)]
        print(line(f"all {len(names)} columns", rows * len(names), *total))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400_000, sys.argv[2:])

"""Fuzz lineage for a while: ``python -m tests.fuzz.run --seconds 600 [--seed 1]``.

Batches run in a process of their own: one that dies or hangs is counted with its seed, and the next one begins.
"""

from __future__ import annotations

import argparse
import resource
import signal
import subprocess
import sys
import time

_BATCH = 500
_BATCH_SECONDS = 300
"""Of processor time: another process of the machine is no fault of a batch."""


def batch(seed: int) -> None:
    """Draw and check one batch of scripts; raises on the first broken promise."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded
    from hypothesis import strategies as st

    from tests.fuzz.grammar import DIALECTS, scripts
    from tests.fuzz.promises import check

    @seeded(seed)
    @settings(
        max_examples=_BATCH,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    @given(scripts(), st.sampled_from(DIALECTS))
    def promises(sql: str, dialect: str) -> None:
        check(sql, dialect)

    promises()


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_BATCH_SECONDS, _BATCH_SECONDS + 5))


def main() -> int:
    """Run batches until the time is over and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int)
    given = parser.parse_args()
    if given.batch is not None:
        batch(given.batch)
        return 0
    end = time.monotonic() + given.seconds
    seed, good, failed = given.seed, 0, []
    while time.monotonic() < end:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "tests.fuzz.run", "--batch", str(seed)],
                timeout=20 * _BATCH_SECONDS,
                capture_output=True,
                check=False,
                preexec_fn=_limited,
            )
            code: object = f"longer than {_BATCH_SECONDS} s" if done.returncode == -signal.SIGXCPU else done.returncode
        except subprocess.TimeoutExpired:
            code = f"longer than {20 * _BATCH_SECONDS} s without using the processor"
        if code == 0:
            good += 1
        else:
            failed.append((seed, code))
        seed += 1
    print(f"{good * _BATCH} scripts kept every promise; {len(failed)} batches of {_BATCH} did not")
    for number, code in failed:
        print(f"  seed {number}: {'broken promise' if code == 1 else code}; repeat with --batch {number}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())

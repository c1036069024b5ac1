"""The demo: a small fintech platform built from code, with planted violations and the key that lists them."""

from __future__ import annotations

from datagov.demo.build import AS_OF, SEED, build, build_undeclared

__all__ = ["AS_OF", "SEED", "build", "build_undeclared"]

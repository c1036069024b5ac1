"""Assertions inside the published conformance suite explain themselves, as those of a test file do."""

import pytest

pytest.register_assert_rewrite("datagov.testing")

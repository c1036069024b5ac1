"""YAML from outside: what cannot be read is a sentence with its line, and no value of it is told."""

from pathlib import Path

import pytest

from datagov import yamlfile
from datagov.errors import ConfigError

SECRET = "Hunter2Secret"


@pytest.mark.parametrize(
    "value",
    [
        f"!{SECRET}",
        f"!{SECRET} x",
        f"!{SECRET}'s x",
        f"!a!{SECRET}",
        f"!!int {SECRET}",
        f"!!float {SECRET}",
        f"!!bool {SECRET}",
        f"!!map {SECRET}",
        f"*{SECRET}",
        "0x_",
        "0b_",
        "9" * 5_000,
    ],
)
@pytest.mark.parametrize("place", ["a: 1\npassword: {}\n", "a: 1\n? {}\n: 1\n"], ids=["value", "key"])
def test_what_is_not_of_its_type_is_an_error_with_its_line_and_without_its_value(
    tmp_path: Path, value: str, place: str
) -> None:
    file = tmp_path / "datagov.yaml"
    file.write_text(place.format(value))

    with pytest.raises(ConfigError) as refused:
        yamlfile.load(file)

    assert str(refused.value).startswith("datagov.yaml:2: ")
    assert SECRET not in str(refused.value)
    assert refused.value.__context__ is None or refused.value.__suppress_context__

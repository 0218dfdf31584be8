"""What every group of settings is made of: no unknown names, and secrets that are given or lie in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationInfo

Port = int


class Group(BaseModel):
    """A named group of settings; an unknown name in it is an error, not a silent nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _or_from_file(value: SecretStr, info: ValidationInfo) -> SecretStr:
    name = f"{info.field_name}_file"
    file: Path | None = info.data.get(name)
    if file is None:
        return value
    if value.get_secret_value():
        raise ValueError(f"give it here or in {name}, not both")
    try:
        return SecretStr(file.read_text(encoding="utf-8").split("\n")[0].strip())
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ValueError(f"{name} {file} cannot be read ({cause})") from None


def _there(value: SecretStr, info: ValidationInfo) -> SecretStr:
    if not value.get_secret_value():
        raise ValueError(f"it must be given, here or in a file that {info.field_name}_file names")
    return value


Secret: TypeAlias = Annotated[SecretStr, Field(validate_default=True), AfterValidator(_or_from_file)]
"""A secret that is given, or is the first line of the file in `<its name>_file`: that field stands before it
in the group. "" when there is neither."""

NeededSecret: TypeAlias = Annotated[Secret, AfterValidator(_there)]
"""A secret without which the group cannot be used."""

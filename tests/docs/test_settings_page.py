import re

from pydantic import BaseModel
from ruamel.yaml import YAML

from bot.settings import ROOT, Settings


def keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    found = []
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found += keys(inner, f"{prefix}{name}.")
        else:
            found.append(prefix + name)
    return found


def defaults(model: type[BaseModel], prefix: str = "") -> dict[str, object]:
    found = {}
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found |= defaults(inner, f"{prefix}{name}.")
        else:
            found[prefix + name] = field.get_default(call_default_factory=True)
    return found


def test_the_defaults_on_the_page_are_those_of_the_code():
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    stated = dict(re.findall(r"^\| `([\w.]+)` \| `([^`]*)`", page, re.MULTILINE))
    wrong = {}
    for key, default in defaults(Settings).items():
        if default is None:
            assert key not in stated, key
        elif YAML(typ="safe").load(stated[key]) != (list(default) if isinstance(default, tuple) else default):
            wrong[key] = (stated[key], default)
    assert wrong == {}


def test_every_setting_is_documented():
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert [key for key in keys(Settings) if f"`{key}`" not in page] == []

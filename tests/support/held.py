"""What an object holds on to: growth that no memory reading of a whole process would show early."""

from collections import deque
from types import ModuleType

__all__ = ["held"]


def held(conversation):
    """How much the core holds: number of entries, and of characters, by place in the object graph."""
    sizes = {}
    seen = set()

    def visit(value, path):
        if isinstance(value, str | bytes):
            sizes[f"{path} (characters)"] = sizes.get(f"{path} (characters)", 0) + len(value)
            return
        if id(value) in seen or isinstance(value, type | ModuleType) or callable(value):
            return
        seen.add(id(value))
        if isinstance(value, dict):
            sizes[path] = sizes.get(path, 0) + len(value)
            for key, item in value.items():
                visit(key, f"{path} keys")
                visit(item, f"{path}[…]")
        elif isinstance(value, list | tuple | set | frozenset | deque):
            sizes[path] = sizes.get(path, 0) + len(value)
            for item in value:
                visit(item, f"{path}[…]")
        elif type(value).__module__.startswith("bot.") and type(value).__name__ != "Phrases":
            names = [*getattr(value, "__dict__", ()), *getattr(type(value), "__slots__", ())]
            for name in names:
                visit(getattr(value, name, None), f"{path}.{name}")

    visit(conversation, "conversation")
    return sizes

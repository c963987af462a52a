"""The items of a talk in their order, as a client may place, retrieve, truncate and delete them. No I/O."""

from __future__ import annotations

from typing import Any

from bot.protocol import ProtocolError

__all__ = ["History"]

_MOST_ITEMS = 400  # of an hour, many times over; each may hold 10,000 characters
_MOST_DELETED = 64
_BEGINNING = "root"


class History:
    """Items by id in their order; beyond 400 the first of them is forgotten."""

    def __init__(self) -> None:
        self._items: dict[str, dict[str, Any]] = {}
        self._deleted: dict[str, None] = {}

    @property
    def last_id(self) -> str | None:
        """Id of the last item."""
        return next(reversed(self._items), None)

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._items

    def add(
        self, item: dict[str, Any], *, previous_item_id: str | None = None, event_id: str | None = None
    ) -> list[dict[str, Any]]:
        """Places a finished item; gives the events that announce it.

        Args:
            item: with an id that is not in use.
            previous_item_id: the item that it follows, "root" for the beginning, None for the end.
            event_id: the client's event that asks for it.

        Raises:
            ProtocolError: "item_not_found" for an unknown place; then nothing has changed.
        """
        if previous_item_id is None:
            previous = self.last_id
        elif previous_item_id == _BEGINNING:
            previous = None
        else:
            previous = previous_item_id
            self._find(previous, "previous_item_id", event_id)
        self._deleted.pop(item["id"], None)
        self._insert(item, previous)
        return _announcement(item, previous)

    def announce(self, item_id: str) -> list[dict[str, Any]]:
        """Gives the events that announce a finished item once more."""
        ids = list(self._items)
        position = ids.index(item_id)
        return _announcement(self._items[item_id], ids[position - 1] if position else None)

    def put(self, item: dict[str, Any]) -> None:
        """Adds an item at the end, or replaces the one with its id; what was deleted stays deleted."""
        if item["id"] in self._items:
            self._items[item["id"]] = item
        elif item["id"] not in self._deleted:
            self._insert(item, self.last_id)

    def get(self, item_id: str, *, event_id: str | None) -> dict[str, Any]:
        """Finds an item.

        Raises:
            ProtocolError: "item_not_found".
        """
        return self._find(item_id, "item_id", event_id)

    def delete(self, item_id: str, *, event_id: str | None) -> None:
        """Removes an item.

        Raises:
            ProtocolError: "item_not_found".
        """
        if _is_unfinished(self.get(item_id, event_id=event_id)):
            self._deleted[item_id] = None
            if len(self._deleted) > _MOST_DELETED:
                del self._deleted[next(iter(self._deleted))]
        del self._items[item_id]

    def require_spoken(self, item_id: str, *, event_id: str | None) -> None:
        """Lets a spoken reply pass, which can be truncated.

        Raises:
            ProtocolError: "item_not_found", or "invalid_value" for an item that is no spoken reply.
        """
        item = self.get(item_id, event_id=event_id)
        written = any(part["type"] == "output_text" for part in item["content"])
        if item["role"] != "assistant" or written:
            raise ProtocolError(
                "invalid_value", "Only spoken replies can be truncated.", param="item_id", event_id=event_id
            )

    def _find(self, item_id: str, param: str, event_id: str | None) -> dict[str, Any]:
        if item_id not in self._items:
            raise ProtocolError(
                "item_not_found", "No item of this id in this talk.", param=param, event_id=event_id
            )
        return self._items[item_id]

    def _insert(self, item: dict[str, Any], previous: str | None) -> None:
        if previous == self.last_id:
            self._items[item["id"]] = item
        else:
            ids = list(self._items)
            following = ids[ids.index(previous) + 1 :] if previous is not None else ids
            self._items[item["id"]] = item
            for item_id in following:  # a dict keeps the order of insertion
                self._items[item_id] = self._items.pop(item_id)
        while len(self._items) > _MOST_ITEMS:
            del self._items[next(iter(self._items))]


def _announcement(item: dict[str, Any], previous: str | None) -> list[dict[str, Any]]:
    return [
        {"type": f"conversation.item.{kind}", "previous_item_id": previous, "item": item}
        for kind in ("added", "done")
    ]


def _is_unfinished(item: dict[str, Any]) -> bool:
    waiting_for_words = any(part.get("transcript", "") is None for part in item["content"])
    return item["status"] == "in_progress" or waiting_for_words

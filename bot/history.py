"""The items of a talk in their order, as a client may retrieve, truncate and delete them. No I/O."""

from __future__ import annotations

from typing import Any

from bot.protocol import ProtocolError

__all__ = ["History"]


class History:
    """Items by id, in the order in which they were added."""

    def __init__(self) -> None:
        self._items: dict[str, dict[str, Any]] = {}

    @property
    def last_id(self) -> str | None:
        """Id of the newest item."""
        return next(reversed(self._items), None)

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._items

    def add(self, item: dict[str, Any]) -> list[dict[str, Any]]:
        """Appends a finished item; gives the events that announce it."""
        previous = self.last_id
        self.put(item)
        return [
            {"type": f"conversation.item.{kind}", "previous_item_id": previous, "item": item}
            for kind in ("added", "done")
        ]

    def put(self, item: dict[str, Any]) -> None:
        """Adds an item, or replaces the one with its id."""
        self._items[item["id"]] = item

    def get(self, item_id: str, *, event_id: str | None) -> dict[str, Any]:
        """Finds an item.

        Raises:
            ProtocolError: "item_not_found".
        """
        if item_id not in self._items:
            raise ProtocolError(
                "item_not_found", "No item of this id in this talk.", param="item_id", event_id=event_id
            )
        return self._items[item_id]

    def delete(self, item_id: str, *, event_id: str | None) -> None:
        """Removes an item.

        Raises:
            ProtocolError: "item_not_found".
        """
        self.get(item_id, event_id=event_id)
        del self._items[item_id]

    def truncate(self, item_id: str, heard_text: str, *, event_id: str | None) -> None:
        """Keeps only the heard text of a spoken reply.

        Raises:
            ProtocolError: "item_not_found", or "invalid_value" for an item that is no reply.
        """
        item = self.get(item_id, event_id=event_id)
        if item["role"] != "assistant":
            raise ProtocolError(
                "invalid_value", "Only replies can be truncated.", param="item_id", event_id=event_id
            )
        self.put({**item, "content": [{"type": "output_audio", "transcript": heard_text}]})

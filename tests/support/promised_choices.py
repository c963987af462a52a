"""What a client may rely on of the answers that it is offered to press."""

from collections import deque

__all__ = ["PromisedChoices"]

_REMEMBERED = 50


class PromisedChoices:
    """Watches the events of a talk."""

    def __init__(self):
        self._uncut = deque(maxlen=_REMEMBERED)
        self._offered = deque(maxlen=_REMEMBERED)

    def watch(self, event, *, in_crisis):
        """Raises AssertionError at answers to a question that was cut, or twice, or beside the danger."""
        if event["type"] == "response.done" and event["response"]["status"] == "completed":
            self._uncut.extend(item["id"] for item in event["response"]["output"])
        if event["type"] != "hamdel.choices":
            return
        assert event["item_id"] in self._uncut, (
            "answers are offered to a question that was not asked to its end"
        )
        assert event["item_id"] not in self._offered, "answers are offered twice"
        self._offered.append(event["item_id"])
        titles = [item["title"] for item in event["items"]]
        assert titles
        assert len(set(titles)) == len(titles)
        assert all(item["text"] and not item["text"].startswith("/") for item in event["items"])
        assert not (in_crisis and "elsewhere" in titles), "answers lead away from danger"

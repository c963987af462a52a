"""A session log that keeps what it is given in memory."""

__all__ = ["KeepingLog"]


class KeepingLog:
    """Stands for the session log."""

    def __init__(self):
        self.events = []

    def record(self, event):
        self.events.append(event)
        return True

    def refusals(self, person):
        return frozenset()

    def close(self):
        pass

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

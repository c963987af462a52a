"""Ports for servers that are started, killed and started again on the same one."""

import random
import socket

__all__ = ["free_port"]

# Below those that the system gives to outgoing connections and to port 0: between a server's death and its next
# start, one of these would be taken by whatever else runs on the machine.
_LOWEST, _HIGHEST = 10_000, 32_000


def free_port():
    """A port on which nothing listens now; draws again until there is one."""
    for _ in range(1_000):
        port = random.randint(_LOWEST, _HIGHEST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port from {_LOWEST} to {_HIGHEST}")

"""How often each client asks. A client is an address: all who come through one proxy are one client."""

from __future__ import annotations

import time
from collections import OrderedDict

from mien.server.problems import RefusedError

_REMEMBERED = 10_000  # clients; of those beyond, the ones that asked longest ago are forgotten
_MINUTE = 60.0


class Clients:
    """Counts the requests of each client, and refuses those beyond the limit (a token bucket).

    Args:
        per_minute: requests of one client in a minute; ``None`` without a limit.
    """

    def __init__(self, per_minute: int | None) -> None:
        self._most = per_minute
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # requests that are left, and when that was

    def check(self, client: str) -> None:
        """Counts one more request of a client.

        Raises:
            RefusedError: it has asked too often; the answer says when to try again.
        """
        if self._most is None:
            return
        now = time.monotonic()
        left, then = self._left.pop(client, (float(self._most), now))
        left = min(float(self._most), left + (now - then) * self._most / _MINUTE)
        self._left[client] = max(0.0, left - 1.0), now
        if len(self._left) > _REMEMBERED:
            self._left.popitem(last=False)
        if left < 1.0:
            after = max(1, round((1.0 - left) * _MINUTE / self._most))
            sentence = f"one client may send {self._most} requests a minute; try again in {after} s"
            raise RefusedError(429, "too-often", sentence, {"Retry-After": str(after)})

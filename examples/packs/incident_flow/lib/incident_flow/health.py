"""Deciding from single probes when a service is down and when it is back. Pure; time and outcomes come in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Optional


@dataclass
class Watch:
    """One service. It takes `threshold` failures in a row to be down, and as many successes to be back."""

    service: str
    threshold: int = 3
    down_since: Optional[float] = None
    _streak: int = field(default=0, repr=False)
    _streak_began: float = field(default=0.0, repr=False)

    def observe(self, healthy: bool, now: float, detail: str = "") -> Optional[tuple[str, dict[str, Any]]]:
        """Takes in one probe; returns (event, payload) when the service changed its state."""
        down = self.down_since is not None
        if healthy is not down:
            self._streak = 0
            return None
        if self._streak == 0:
            self._streak_began = now
        self._streak += 1
        if self._streak < self.threshold:
            return None
        self._streak = 0
        if not down:
            self.down_since = self._streak_began
            return "service_down", {"service": self.service, "since": self.down_since, "detail": detail}
        seconds = self._streak_began - self.down_since
        self.down_since = None
        return "service_recovered", {"service": self.service, "down_seconds": round(seconds, 1)}

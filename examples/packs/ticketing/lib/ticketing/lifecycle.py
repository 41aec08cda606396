"""The states of a ticket and the way from one to another."""

from __future__ import annotations

from collections import deque

STEPS = {
    "open": ("in_progress",),
    "in_progress": ("open", "resolved"),
    "resolved": ("in_progress", "closed"),
    "closed": (),
}


class LifecycleError(ValueError):
    """There is no way from one state to the other."""


def route(source: str, target: str) -> list[str]:
    """The states to go through after `source`, the last of which is `target`; the shortest way."""
    for state in (source, target):
        if state not in STEPS:
            raise LifecycleError(f"`{state}` is no state; known are {', '.join(STEPS)}")
    queue = deque([(source, [])])
    seen = {source}
    while queue:
        state, way = queue.popleft()
        if state == target:
            return way
        for following in STEPS[state]:
            if following not in seen:
                seen.add(following)
                queue.append((following, [*way, following]))
    raise LifecycleError(f"no way leads from {source} to {target}")

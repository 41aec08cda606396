#!/usr/bin/env python3
"""Lists IAM users, their second factor and their access keys."""

from datetime import datetime, timezone

from aws_inventory import account, action, iam


def work(params, client_for=None, now=None):
    max_age = action.integer(params, "max_key_age_days", 90, 1, 3650)
    path_prefix = str(params.get("path_prefix", "/"))
    if not path_prefix.startswith("/"):
        raise action.ParameterError("`path_prefix` must start with a slash")

    def collect(client_for):
        found = iam.users(client_for("iam"), path_prefix, max_age, now or datetime.now(timezone.utc))
        return {
            "users": found,
            "count": len(found),
            "with_findings": [user["name"] for user in found if user["findings"]],
        }

    return account.listing(params, collect, client_for)


if __name__ == "__main__":
    action.run(work)

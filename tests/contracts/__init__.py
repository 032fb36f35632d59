"""What vendors' documentation says of the requests that lists and attributes take, as receivers that hold to it.

Written from the documentation that each declaration names, and from nothing of the product: they check credentials, paths and
bodies, keep who is in, and fail as the vendor does. A request that no page describes is kept under `surprises`.
"""

from tests.contracts.ads import ADS
from tests.contracts.analytics import ANALYTICS
from tests.contracts.base import ANN, BAD, BOB, Contract, Person
from tests.contracts.marketing import MARKETING
from tests.contracts.messaging import MESSAGING

CONTRACTS: dict[str, type[Contract]] = {one.key: one for one in (*ADS, *ANALYTICS, *MARKETING, *MESSAGING)}

__all__ = ["ANN", "BAD", "BOB", "CONTRACTS", "Contract", "Person"]

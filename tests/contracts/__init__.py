"""What vendors' documentation says of the requests that lists and attributes take, as receivers that hold to it.

Written from the documentation that each declaration names, and from nothing of the product: they check credentials, paths and
bodies, keep who is in, and fail as the vendor does. A request that no page describes is kept under `surprises`.
"""

from tests.contracts.ads import ADS
from tests.contracts.ads_by_token import ADS_BY_TOKEN
from tests.contracts.ads_signed import ADS_SIGNED
from tests.contracts.analytics import ANALYTICS
from tests.contracts.base import ANN, BAD, BOB, Contract, Person
from tests.contracts.marketing import MARKETING
from tests.contracts.messaging import MESSAGING
from tests.contracts.salesforce_bulk import SALESFORCE_BULK
from tests.contracts.sheets import SHEETS
from tests.contracts.tags import TAGS

CONTRACTS: dict[str, type[Contract]] = {
    one.key: one
    for one in (*ADS, *ADS_BY_TOKEN, *ADS_SIGNED, *ANALYTICS, *MARKETING, *MESSAGING, *SALESFORCE_BULK, *SHEETS, *TAGS)
}

__all__ = ["ANN", "BAD", "BOB", "CONTRACTS", "Contract", "Person"]

"""A deployment for walks: two instances of each service, with times so short that holds, turns and
offers end during a walk."""

from collections.abc import Iterator

import pytest

from tiketi_local.deployment import PORTS, Deployment, private_stores
from tiketi_local.keys import Keys

PRESENCE_SECONDS = 3.0

ENVIRON = {
    "LIMITS": "off",
    "JOINS_PER_MINUTE": "6000",
    "HOLD_SECONDS": "4",
    "PAYMENT_SECONDS": "6",
    "WAITING_OFFER_SECONDS": "4",
    "SANDBOX_SECONDS": "1",
    "PRESENCE_SECONDS": f"{PRESENCE_SECONDS:g}",
    "PICKUP_SECONDS": "4",
    "POLL_SECONDS": "0.5",
}


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, keys: Keys) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("walk")
    stores = private_stores(folder, keys.store_password, logs=folder, durable=False)
    counts = dict.fromkeys(PORTS, 2)
    with Deployment(stores, keys, logs=folder, counts=counts, environ=ENVIRON) as deployment:
        deployment.start()
        yield deployment


@pytest.fixture(scope="module")
def gateway_urls(deployment: Deployment) -> list[str]:
    return deployment.gateway_urls

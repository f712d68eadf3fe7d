import asyncio
from collections.abc import Mapping

import pytest

from tiketi_booking.adapters.payments.sandbox import Sandbox
from tiketi_booking.adapters.postgres.database import Database
from tiketi_booking.domain.payments import Charged, ChargeRequest, Declined, PaymentNews, Pending
from tiketi_booking.errors import BadSignature, ProviderUnavailable
from tiketi_shared.ids import new_id

SECRET = "a-secret-of-the-sandbox"


@pytest.fixture
def sandbox(database: Database) -> Sandbox:
    return Sandbox(database, SECRET, answer_seconds=60)


async def its_time_comes(database: Database) -> None:
    """Whatever the sandbox answers late is due now."""
    await database.execute("UPDATE sandbox_charges SET answers_at = now() WHERE told_at IS NULL")


def request(token: str, amount: int = 50_000) -> ChargeRequest:
    return ChargeRequest(new_id(), token, amount, "KRW", "two tickets")


class Inbox:
    """Keeps the webhooks that the sandbox delivers."""

    def __init__(self) -> None:
        self.got: list[tuple[Mapping[str, str], bytes]] = []

    async def __call__(self, headers: Mapping[str, str], body: bytes) -> None:
        self.got.append((headers, body))


async def test_tok_ok_pays_once_however_often_it_is_asked(sandbox: Sandbox) -> None:
    asked = request("tok_ok")
    outcomes = await asyncio.gather(*(sandbox.charge(asked) for _ in range(5)))
    assert isinstance(outcomes[0], Charged)
    assert set(outcomes) == {outcomes[0]}
    assert await sandbox.look_up(asked.payment_id, None) == outcomes[0]


async def test_tok_declined_and_unknown_tokens_are_declined_for_good(sandbox: Sandbox) -> None:
    declined = request("tok_declined")
    assert await sandbox.charge(declined) == Declined("card_declined")
    assert await sandbox.look_up(declined.payment_id, None) == Declined("card_declined")
    assert await sandbox.charge(request("tok_nonsense")) == Declined("invalid_token")


async def test_tok_error_is_an_outage_that_leaves_nothing_behind(sandbox: Sandbox) -> None:
    failing = request("tok_error")
    with pytest.raises(ProviderUnavailable):
        await sandbox.charge(failing)
    assert await sandbox.look_up(failing.payment_id, None) is None


async def test_a_payment_that_was_asked_about_before_it_came_is_never_taken(
    sandbox: Sandbox,
) -> None:
    delayed = request("tok_ok")
    assert await sandbox.look_up(delayed.payment_id, None) is None
    assert await sandbox.charge(delayed) == Declined("abandoned")
    assert await sandbox.look_up(delayed.payment_id, None) == Declined("abandoned")


async def test_tok_timeout_pays_later_and_says_so_in_a_webhook(
    database: Database, sandbox: Sandbox
) -> None:
    late, inbox = request("tok_timeout"), Inbox()
    outcome = await sandbox.charge(late)
    assert isinstance(outcome, Pending)
    assert await sandbox.look_up(late.payment_id, outcome.reference) == outcome
    assert await sandbox.answer_late_ones(inbox) == 0
    await its_time_comes(database)
    assert await sandbox.answer_late_ones(inbox) == 1
    assert await sandbox.news(*inbox.got[0]) == PaymentNews(
        late.payment_id, Charged(outcome.reference)
    )
    assert await sandbox.answer_late_ones(inbox) == 0


async def test_a_late_answer_survives_a_restart_and_an_inbox_that_was_down(
    database: Database, sandbox: Sandbox
) -> None:
    late = request("tok_timeout")
    await sandbox.charge(late)
    await its_time_comes(database)

    async def down(headers: Mapping[str, str], body: bytes) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await sandbox.answer_late_ones(down)
    restarted, inbox = Sandbox(database, SECRET, answer_seconds=60), Inbox()
    assert isinstance(await restarted.look_up(late.payment_id, None), Charged)
    await its_time_comes(database)
    assert await restarted.answer_late_ones(inbox) == 1


async def test_two_instances_tell_each_late_answer_once(
    database: Database, sandbox: Sandbox
) -> None:
    inbox = Inbox()
    for _ in range(20):
        await sandbox.charge(request("tok_timeout"))
    await its_time_comes(database)
    told = await asyncio.gather(*(sandbox.answer_late_ones(inbox) for _ in range(4)))
    assert sum(told) == len(inbox.got) == 20


async def test_a_forged_webhook_is_refused(sandbox: Sandbox) -> None:
    body = b'{"type":"charge.succeeded","payment_id":"x","reference":"y"}'
    for headers in ({}, {"Tiketi-Signature": "t=1,v1=00"}):
        with pytest.raises(BadSignature):
            await sandbox.news(headers, body)


async def test_refunds_never_exceed_the_charge_and_a_repeat_counts_once(sandbox: Sandbox) -> None:
    paid = request("tok_ok", amount=100)
    outcome = await sandbox.charge(paid)
    assert isinstance(outcome, Charged)
    first, second = new_id(), new_id()
    for _ in range(3):
        await sandbox.refund(first, paid.payment_id, outcome.reference, 60, "KRW")
    with pytest.raises(ProviderUnavailable):
        await sandbox.refund(second, paid.payment_id, outcome.reference, 41, "KRW")
    await sandbox.refund(second, paid.payment_id, outcome.reference, 40, "KRW")


async def test_nothing_is_given_back_of_a_declined_charge(sandbox: Sandbox) -> None:
    declined = request("tok_declined")
    await sandbox.charge(declined)
    with pytest.raises(ProviderUnavailable):
        await sandbox.refund(new_id(), declined.payment_id, "", 1, "KRW")

"""The public calls, on a real Redis."""

from services.queue.tests.harness import FakeBooking, Queue, until

from tiketi_shared.ids import new_id


async def test_below_the_capacity_one_is_admitted_at_once(
    queue: Queue, booking: FakeBooking
) -> None:
    event = booking.put_on_sale(capacity=10, policy="first_come")
    await queue.knows(event)
    answer = await queue.ask("join", event, new_id())
    assert (answer.status, answer.body["status"]) == (200, "admitted")
    assert answer.body["admission"]["token"]


async def test_above_the_capacity_people_wait_in_order(queue: Queue, booking: FakeBooking) -> None:
    event = booking.put_on_sale(capacity=1, policy="first_come")
    await queue.knows(event)
    first, second, third = new_id(), new_id(), new_id()
    await queue.ask("join", event, first)
    joined = [await queue.ask("join", event, user) for user in (second, third, second)]
    assert [answer.status for answer in joined] == [202, 202, 202]
    assert [answer.body["position"] for answer in joined] == [1, 2, 1]
    assert (await queue.ask("leave", event, first)).status == 204
    assert len(booking.revoked) == 1

    async def admitted() -> bool:
        answer = await queue.ask("place", event, second)
        return bool(answer.body["status"] == "admitted")

    await until(admitted)
    place = (await queue.ask("place", event, third)).body
    assert (place["status"], place["position"]) == ("waiting", 1)

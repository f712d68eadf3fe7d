import asyncio

import pytest

from tiketi_gateway.adapters import loops


async def test_a_loop_that_fails_is_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "AGAIN_SECONDS", 0.01)
    begun = 0
    enough = asyncio.Event()

    async def fail() -> None:
        nonlocal begun
        begun += 1
        if begun == 3:
            enough.set()
        raise RuntimeError

    async with loops.running(fail):
        async with asyncio.timeout(10):
            await enough.wait()
    seen = begun
    await asyncio.sleep(0.05)
    assert begun == seen

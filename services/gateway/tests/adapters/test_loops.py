import asyncio

import pytest

from tiketi_gateway.adapters import loops


async def test_a_loop_that_fails_is_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "AGAIN_SECONDS", 0.01)
    begun = 0

    async def fail() -> None:
        nonlocal begun
        begun += 1
        raise RuntimeError

    async with loops.running(fail):
        await asyncio.sleep(0.3)
    seen = begun
    assert seen >= 2
    await asyncio.sleep(0.05)
    assert begun == seen

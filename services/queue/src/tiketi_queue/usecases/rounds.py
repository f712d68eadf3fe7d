"""The admission round of one line, and what everyone is told after it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from tiketi_queue.domain.line import Entry, Round
from tiketi_queue.domain.place import progress_of
from tiketi_queue.domain.sale_terms import Patience
from tiketi_queue.ports import LineStore, StoreDown, TickChannel
from tiketi_queue.usecases.lines import Line
from tiketi_queue.usecases.revocations import Revocations
from tiketi_queue.usecases.tickets import Tickets
from tiketi_shared.messages import UNCHANGED, Admitted, Tick

REPEAT_SECONDS = 5.0
"""A shared document that stays the same is published this often all the same."""

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Rounds:
    store: LineStore
    ticks: TickChannel
    tickets: Tickets
    revocations: Revocations
    patience: Patience
    clock: Callable[[], float]

    async def run(self, line: Line) -> None:
        """One round of one line. Raises StoreDown, with the line shown as paused.

        The instance that a round was due for tells of it; without a line, each tells what is new.
        """
        now = self.clock()
        round_ = await self._round(line, now)
        line.told = []
        if round_.facts is not None:
            line.learn(round_.facts, now)
        changed = self._show(line, now)
        if round_.due or (round_.facts is None and changed):
            await self._tell(line, round_, changed, now)

    async def _round(self, line: Line, now: float) -> Round:
        if line.phase(now) == "ended":
            line.close()
            return Round(due=False)
        terms = line.terms(self.patience, now)
        try:
            return await self.store.round(line.event_id, terms, line.told)
        except StoreDown:
            self._show(line, now, paused=True)
            raise

    def _show(self, line: Line, now: float, *, paused: bool = False) -> bool:
        """Makes the shared document anew; whether it says anything new."""
        phase = line.phase(now)
        if paused and phase == "on_sale":
            phase = "paused"
        admitted_per_second, _ = line.outflow.recently()
        facts = line.facts
        progress = progress_of(
            line.sale,
            phase,
            facts,
            participants=line.participants if line.participants >= 0 else facts.participants,
            admitted_per_second=admitted_per_second,
            now=now,
        )
        before, line.progress = line.progress, progress
        line.status = _encode(progress)
        if before is None:
            return True
        return msgspec.structs.replace(before, as_of=progress.as_of) != progress

    async def _tell(self, line: Line, round_: Round, changed: bool, now: float) -> None:
        say_status = changed or now - line.published_at >= REPEAT_SECONDS
        if round_.unused:
            await self.revocations.revoke(round_.unused)
        if not say_status and not round_.admitted:
            return
        status = line.status if say_status else None
        await self.ticks.publish(
            Tick(
                line.event_id,
                UNCHANGED if status is None else msgspec.Raw(status),
                self._admitted(line, round_.admitted),
            )
        )
        line.told = [entry.user_id for entry in round_.admitted]
        if say_status:
            line.published_at = now

    def _admitted(self, line: Line, entries: Sequence[Entry]) -> list[Admitted]:
        """What the admitted are told at once: valid as long as an admission lasts, although the
        slot is given on, and the admission revoked, when they do not show up for it."""
        lasts = line.sale.queue.admission_seconds * 1000
        return [
            Admitted(
                entry.user_id,
                msgspec.Raw(
                    _encode(
                        self.tickets.admission(
                            line.event_id,
                            entry.user_id,
                            entry.admission_id,
                            entry.admitted_ms,
                            max(entry.expires_ms, entry.admitted_ms + lasts),
                        )
                    )
                ),
            )
            for entry in entries
        ]

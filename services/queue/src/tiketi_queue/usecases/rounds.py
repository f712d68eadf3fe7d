"""The admission round of one line, and the tick that reports it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from tiketi_queue.domain.line import Entry, Round
from tiketi_queue.domain.place import progress_of
from tiketi_queue.domain.sale_terms import Patience
from tiketi_queue.ports import LineStore, StoreUnavailable, TickChannel
from tiketi_queue.usecases.lines import Line
from tiketi_queue.usecases.revocations import Revocations
from tiketi_queue.usecases.tokens import LineTokens
from tiketi_shared.messages import UNCHANGED, Admitted, Tick

REPEAT_SECONDS = 5.0
"""How often an unchanged shared document is published."""

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Rounds:
    store: LineStore
    ticks: TickChannel
    tokens: LineTokens
    revocations: Revocations
    patience: Patience
    clock: Callable[[], float]

    async def run(self, line: Line) -> None:
        """Run one round of one line. Raises StoreUnavailable, with the line shown as paused.

        When the round was due for this instance, it publishes the tick. While there is no line,
        every instance publishes the changes of the shared document.
        """
        now = self.clock()
        round_ = await self._round(line, now)
        line.announced = []
        if round_.facts is not None:
            line.record_round(round_.facts, now)
        changed = self._update_document(line, now)
        if round_.due or (round_.facts is None and changed):
            await self._publish(line, round_, changed, now)

    async def _round(self, line: Line, now: float) -> Round:
        if line.phase(now) == "ended":
            line.close()
            return Round(due=False)
        terms = line.terms(self.patience, now)
        try:
            return await self.store.round(line.event_id, terms, line.announced)
        except StoreUnavailable:
            self._update_document(line, now, paused=True)
            raise

    def _update_document(self, line: Line, now: float, *, paused: bool = False) -> bool:
        """Return whether the new shared document differs in more than its time."""
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

    async def _publish(self, line: Line, round_: Round, changed: bool, now: float) -> None:
        with_document = changed or now - line.published_at >= REPEAT_SECONDS
        if round_.unused:
            await self.revocations.revoke(round_.unused)
        if not with_document and not round_.admitted:
            return
        status = line.status if with_document else None
        await self.ticks.publish(
            Tick(
                line.event_id,
                UNCHANGED if status is None else msgspec.Raw(status),
                self._admitted(line, round_.admitted),
            )
        )
        line.announced = [entry.user_id for entry in round_.admitted]
        if with_document:
            line.published_at = now

    def _admitted(self, line: Line, entries: Sequence[Entry]) -> list[Admitted]:
        """Return the admissions that the tick delivers, each valid for a whole admission. A person
        who does not pick theirs up loses the slot, and the admission is revoked."""
        lasts = line.sale.queue.admission_seconds * 1000
        return [
            Admitted(
                entry.user_id,
                msgspec.Raw(
                    _encode(
                        self.tokens.admission(
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

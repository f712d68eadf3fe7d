"""Every fault: what is broken, what the world then does about it, and how soon all must be well.

What an orchestrator does in production (start a dead process again) is done here after
`RESTART_AFTER` seconds; nobody lends a hand otherwise.
"""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from tiketi_chaos.stage import Kind, Stage

RESTART_AFTER = 2.0

SERVICES = ("gateway", "queue", "booking", "notifier", "metrics")


@dataclass(frozen=True, slots=True)
class Fault:
    """`cause` returns once the fault has been caused and what belongs to it has been done."""

    name: str
    cause: Callable[[Stage], None]
    recovered_within: float
    """Seconds until the canary buys again."""
    on: Kind = Kind.PLAIN
    """The stage it takes."""


def _kill_and_restart(name: str) -> Callable[[Stage], None]:
    def cause(stage: Stage) -> None:
        instance = stage.deployment.instance(name)
        instance.kill()
        time.sleep(RESTART_AFTER)
        instance.start()

    return cause


def _pause_and_continue(name: str, seconds: float) -> Callable[[Stage], None]:
    def cause(stage: Stage) -> None:
        pid = stage.deployment.instance(name).child.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(pid, signal.SIGCONT)

    return cause


def _kill_redis_primary(stage: Stage) -> None:
    stage.redis.primary().kill()


def _wipe_redis(stage: Stage) -> None:
    stage.redis.primary().wipe()


def _kill_postgres_primary(stage: Stage) -> None:
    stage.postgres.primary.kill()


def _stop_rabbitmq(seconds: float) -> Callable[[Stage], None]:
    def cause(stage: Stage) -> None:
        stage.rabbitmq.stop()
        time.sleep(seconds)
        stage.rabbitmq.start()

    return cause


def _cut(part: str, seconds: float) -> Callable[[Stage], None]:
    def cause(stage: Stage) -> None:
        for proxy in stage.between[part]:
            proxy.cut()
        time.sleep(seconds)
        for proxy in stage.between[part]:
            proxy.mend()

    return cause


def _delay(part: str, each: float, seconds: float) -> Callable[[Stage], None]:
    def cause(stage: Stage) -> None:
        for proxy in stage.between[part]:
            proxy.delay = each
        time.sleep(seconds)
        for proxy in stage.between[part]:
            proxy.delay = 0.0

    return cause


def _skewed(service: str, ahead: float, seconds: float) -> Fault:
    """For a while the first instance's clock is `ahead` (behind: negative), in seconds."""

    def cause(stage: Stage) -> None:
        assert stage.clocks is not None
        stage.clocks.set(f"{service}-1", ahead)
        time.sleep(seconds)
        stage.clocks.set(f"{service}-1", 0)

    way = "ahead" if ahead > 0 else "behind"
    name = f"{service}'s clock {abs(ahead):g} s {way} for {seconds:g} s"
    return Fault(name, cause, seconds + 5, Kind.CLOCKS)


def _fill_disk(seconds: float) -> Callable[[Stage], None]:
    def cause(stage: Stage) -> None:
        assert stage.disk is not None
        stage.disk.fill()
        time.sleep(seconds)
        stage.disk.free()

    return cause


def _cut_off_zone(seconds: float) -> Callable[[Stage], None]:
    """The one with the primaries."""

    def cause(stage: Stage) -> None:
        assert stage.zones is not None
        zone = stage.zones[0]
        zone.cut()
        time.sleep(seconds)
        zone.mend()

    return cause


def _restart_everything(stage: Stage) -> None:
    for instance in stage.deployment.instances:
        instance.stop()
        instance.start()


def all_faults(*, rabbitmq_seconds: float) -> list[Fault]:
    return [
        *(
            Fault(f"kill -9 {service}", _kill_and_restart(f"{service}-1"), 10)
            for service in SERVICES
        ),
        Fault("booking stopped 5 s and continued", _pause_and_continue("booking-1", 5), 15),
        Fault("queue stopped 5 s and continued", _pause_and_continue("queue-1", 5), 15),
        Fault("Redis primary killed, replica promoted", _kill_redis_primary, 30),
        Fault("Redis wiped", _wipe_redis, 30),
        Fault("Postgres primary killed, standby promoted", _kill_postgres_primary, 40),
        Fault(f"RabbitMQ stopped for {rabbitmq_seconds:g} s", _stop_rabbitmq(rabbitmq_seconds), 10),
        Fault("gateway and booking cut apart for 5 s", _cut("booking", 5), 15),
        Fault("gateway and queue cut apart for 5 s", _cut("queue", 5), 15),
        Fault("100 ms more between gateway and booking", _delay("booking", 0.1, 10), 15),
        Fault("everything restarted, one by one", _restart_everything, 60),
        _skewed("queue", 60, 15),
        _skewed("booking", 60, 15),
        _skewed("gateway", -60, 15),
        Fault("disk of the database full for 15 s", _fill_disk(15), 40, Kind.SMALL_DISK),
        Fault("zone with the primaries cut off for 30 s", _cut_off_zone(30), 40, Kind.ZONES),
    ]

"""`tiketi-scaling`: try a policy before it is in force."""

import argparse
import shutil
import sys
from pathlib import Path
from typing import get_args

from tiketi_metrics.adapters.policy_file import load_policy
from tiketi_metrics.adapters.recorded_waiting import RecordError, read_line
from tiketi_metrics.domain.policy import PolicyError
from tiketi_metrics.domain.simulation import Curve, Sample, made_up, play
from tiketi_metrics.drawing import draw_picture, table_of_changes, text_chart

CURVES: tuple[Curve, ...] = get_args(Curve)


def main(arguments: list[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    try:
        _simulate(options)
    except (PolicyError, RecordError, OSError) as error:
        sys.exit(f"tiketi-scaling: {error}")
    except ModuleNotFoundError as error:
        sys.exit(f"tiketi-scaling: --png needs {error.name}: pip install 'tiketi-metrics[plot]'")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tiketi-scaling", description=__doc__)
    commands = parser.add_subparsers(required=True)
    simulate = commands.add_parser("simulate", help="play a line against a policy, and draw it")
    simulate.add_argument(
        "line",
        help=f"a file (CSV with time,waiting, or JSON), or a made-up line: {', '.join(CURVES)}",
    )
    simulate.add_argument("--policy", default="", help="a policy in TOML (default: the shipped)")
    simulate.add_argument("--every", type=_positive, default=3.0, help="seconds between looks (3)")
    simulate.add_argument("--peak", type=int, default=60_000, help="of a made-up line (60000)")
    simulate.add_argument(
        "--pace", type=_positive, default=50.0, help="at which a made-up line drains, a second (50)"
    )
    simulate.add_argument("--png", type=Path, help="write a picture as well")
    return parser


def _positive(text: str) -> float:
    value = float(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def _simulate(options: argparse.Namespace) -> None:
    policy = load_policy(options.policy)
    moments = play(_line(options), policy, options.every)
    width = shutil.get_terminal_size((100, 24)).columns
    chart, changes = text_chart(moments, width=width), table_of_changes(moments)
    sys.stdout.write(f"{chart}\n\n{changes}\n")
    if options.png:
        draw_picture(moments, policy, options.png)


def _line(options: argparse.Namespace) -> list[Sample]:
    for curve in CURVES:
        if options.line == curve:
            return made_up(curve, options.peak, options.pace)
    return read_line(Path(options.line))


if __name__ == "__main__":
    main()

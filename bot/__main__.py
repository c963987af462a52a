"""The gateway's commands: `python -m bot serve | check | models | render | transcribe | talk`."""

from __future__ import annotations

import argparse
import sys

from bot.check_cli import HELP as CHECK_HELP
from bot.check_cli import run_check

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; gives the exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["check"]:
        return run_check(given[1:])
    return _run(given)


def _run(given: list[str]) -> int:
    # Here and not above: `check` has to run where their packages are missing.
    from bot.model_store_cli import add_models_arguments, run_models
    from bot.render_cli import add_render_arguments, run_render
    from bot.settings import SettingsError, load_settings
    from bot.talk_cli import add_talk_arguments, run_talk
    from bot.transcribe_cli import add_transcribe_arguments, run_transcribe

    parser = argparse.ArgumentParser(prog="python -m bot", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="run the gateway alone (`make serve` runs everything)")
    commands.add_parser("check", help=CHECK_HELP)
    add_models_arguments(commands.add_parser("models", help="list, fetch or verify models"))
    add_render_arguments(
        commands.add_parser("render", help="make the sound of the fixed sentences beforehand")
    )
    add_transcribe_arguments(commands.add_parser("transcribe", help="recognise a recording"))
    add_talk_arguments(commands.add_parser("talk", help="play recordings into a running server"))
    chosen = parser.parse_args(given)
    try:
        match chosen.command:
            case "models":
                return run_models(chosen)
            case "render":
                return run_render(chosen)
            case "transcribe":
                return run_transcribe(chosen)
            case "talk":
                return run_talk(chosen)
            case _:
                from bot.gateway import run_gateway

                return run_gateway(load_settings())
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())

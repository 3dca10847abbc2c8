"""The `sttbridge` command: a thin shell around what the other modules do.

Exit status: 0 nothing left to do; 1 changes pending, or something left for a person; 2 it could not work.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from shim.errors import BridgeError


class _Command(typer.core.TyperCommand):
    """A command whose help writes arguments as manuals do: `PATH...`, without braces and types."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for parameter in self.params:
            if isinstance(parameter, typer.core.TyperArgument):
                setattr(parameter, "display_type_rich", lambda ctx: "")  # noqa: B010

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """`[OPTION]... PATH...`"""
        pieces = ["[OPTION]..."]
        for parameter in self.params:
            if isinstance(parameter, typer.core.TyperArgument):
                name = str(parameter.metavar or parameter.name).upper()
                if "[" not in name:
                    name = f"{name}..." if parameter.nargs != 1 else name
                    name = name if parameter.required else f"[{name}]"
                pieces.append(name)
        return pieces


app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Move realtime speech-to-text code between Gladia and AssemblyAI: rewrite it, or carry it unchanged.",
    epilog="Begin with: sttbridge migrate . --to assemblyai (it changes nothing)",
)

Speed = Annotated[float, typer.Option("--speed", metavar="N", help="Let the clock run N times as fast.")]
Upstream = Annotated[
    str | None,
    typer.Option(
        "--upstream", metavar="URL", help="Base URL of the service that does the work [default: the vendor's]."
    ),
]
OnAbsent = Annotated[
    str,
    typer.Option(
        "--on-absent",
        metavar="strict|warn|ignore",
        envvar="STTBRIDGE_ON_ABSENT",
        help="What becomes of what the service lacks; exceptions by name: warn,translation=ignore.",
    ),
]
Api = Annotated[str, typer.Option("--api", metavar="VENDOR", help="The vendor whose API the program speaks.")]
Over = Annotated[str, typer.Option("--over", metavar="VENDOR", help="The vendor that does the work.")]


@app.command(cls=_Command, short_help="Rewrite programs for the other vendor's service.")
def migrate(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH", help="Files and folders; - reads a program and prints it.", readable=False),
    ],
    to: Annotated[
        str | None, typer.Option("--to", metavar="VENDOR", help="The vendor to move to: gladia or assemblyai.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Apply the changes; the default only shows them.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="For CI: no diff, a line for each file that is not done.")
    ] = False,
    unsafe: Annotated[
        bool | None,
        typer.Option(
            "--unsafe/--no-unsafe", help="Write also what may behave differently (caveats).", show_default=False
        ),
    ] = None,
    fallback: Annotated[
        str | None,
        typer.Option(
            "--fallback",
            metavar="shim|none",
            help="Let the shim carry a program that cannot be fully rewritten [none].",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write files with uncommitted changes too.")] = False,
    turns: Annotated[
        str | None,
        typer.Option(
            "--turns",
            metavar="keep|target",
            help="Write out the old service's silence, or leave the new one's [target].",
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="GLOB", help="Leave files out, as .gitignore does; may be repeated."),
    ] = None,
    report: Annotated[
        list[Path] | None,
        typer.Option("--report", metavar="FILE", help="Write a .json, .sarif, .html or .md report; may be repeated."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", metavar="N", help="Processes at once [the cores, at most 8].")
    ] = None,
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout",
            metavar="SECONDS",
            help="Skip files that take longer than this to follow [60].",
            show_default=False,
        ),
    ] = 60.0,
    verify: Annotated[
        bool, typer.Option("--verify", help="Run each program before and after, and compare them.")
    ] = False,
) -> None:
    """Rewrite source for the other vendor. Shows the diff and the findings; writes only with --write."""
    from codemods.migrate_options import Typed, request_for
    from codemods.migrate_run import run_migrate
    from codemods.stdin_run import STANDARD_INPUT, run_stdin

    typed = Typed(to, unsafe, fallback, turns, tuple(exclude or ()), tuple(report or ()), jobs, timeout)
    request = request_for(paths, typed, write=write, check=check, force=force, verify=verify)
    raise typer.Exit(run_stdin(request) if STANDARD_INPUT in paths else run_migrate(request))


@app.command(cls=_Command, short_help="Say what a finding means and what to do about it.")
def explain(
    code: Annotated[str | None, typer.Argument(metavar="CODE", help="As STB305; without one, all are listed.")] = None,
) -> None:
    """Say what a finding means, why it is raised, and what to do about it."""
    from codemods.explain import explain as explanation
    from codemods.explain import listed

    print(listed() if code is None else explanation(code))


@app.command(cls=_Command, short_help="Run two programs, or one through the shim; compare.")
def verify(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="The program as it was.")],
    after: Annotated[Path | None, typer.Argument(metavar="AFTER", help="The migrated program.")] = None,
    shim: Annotated[bool, typer.Option("--shim", help="Compare BEFORE with itself through the shim.")] = False,
    speech: Annotated[Path | None, typer.Option("--speech", metavar="WAV", help="What the microphone plays.")] = None,
    transcript: Annotated[
        Path | None, typer.Option("--transcript", metavar="JSON", help="What the emulators hear.")
    ] = None,
    speed: Speed = 8.0,
    real_time: Annotated[bool, typer.Option("--real-time", help="The same as --speed 1.")] = False,
    allow_network: Annotated[bool, typer.Option("--allow-network", help="Let the programs connect anywhere.")] = False,
) -> None:
    """Prove a migration by running: both programs, the same speech, each against its vendor's local emulator."""
    from codemods.verify.report import announcement, report
    from codemods.verify.verification import Conditions, verify_pair, verify_shim

    if shim == (after is not None):
        raise BridgeError("verify compares two programs, or one with itself", "give BEFORE AFTER, or --shim BEFORE")
    conditions = Conditions(speech, transcript, 1.0 if real_time else _positive(speed), None, allow_network)
    print(announcement([before] if after is None else [before, after], allow_network=allow_network), flush=True)
    found = verify_shim(before, conditions) if after is None else verify_pair(before, after, conditions)
    print(f"\n{report(found.runs, found.differences)}")
    raise typer.Exit(0 if found.agree else 1)


@app.command(
    cls=_Command,
    short_help="Run a program unchanged over the other's service.",
    context_settings={"allow_interspersed_args": False, "ignore_unknown_options": True},
)
def run(
    api: Api,
    over: Over,
    arguments: Annotated[list[str] | None, typer.Argument(metavar="SCRIPT [ARGS...]", show_default=False)] = None,
    upstream: Upstream = None,
    module: Annotated[
        str | None, typer.Option("-m", metavar="MODULE", help="Run a module instead of a script.")
    ] = None,
    speed: Speed = 1.0,
    on_absent: OnAbsent = "warn",
) -> None:
    """Run a program unchanged while the other vendor does the work. Its key comes from that vendor's variable."""
    from shim.gateway.preflight import check_upstream
    from shim.in_process import install
    from shim.program import run_program, shorten_sleeps

    given = arguments or []
    if module is None and not given:
        raise BridgeError("there is nothing to run", "give a script, or -m and a module")
    target, rest = (module, given) if module is not None else (given[0], given[1:])
    if module is None and not Path(target).is_file():
        raise BridgeError(f"there is no script {target}", "check the path")
    with install(api=api, over=over, upstream=upstream, speed=_positive(speed), on_absent=on_absent):
        check_upstream(upstream or _default_upstream(over))
        if speed != 1.0:
            shorten_sleeps(speed)
        run_program(target, rest, module=module is not None)


@app.command(cls=_Command, short_help="Serve one vendor's API over the other's service.")
def serve(
    api: Annotated[str, typer.Option("--api", metavar="VENDOR", envvar="STTBRIDGE_API", help="The API to speak.")],
    over: Annotated[str, typer.Option("--over", metavar="VENDOR", envvar="STTBRIDGE_OVER", help="Who does the work.")],
    host: Annotated[
        str, typer.Option("--host", metavar="HOST", envvar="STTBRIDGE_HOST", help="Address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="N", envvar="STTBRIDGE_PORT", help="Port to listen on.")
    ] = 8700,
    upstream: Annotated[
        str | None,
        typer.Option("--upstream", metavar="URL", envvar="STTBRIDGE_UPSTREAM", help="Base URL of who does the work."),
    ] = None,
    public_url: Annotated[
        str | None,
        typer.Option(
            "--public-url", metavar="URL", envvar="STTBRIDGE_PUBLIC_URL", help="How clients reach this server."
        ),
    ] = None,
    gateway_key: Annotated[
        list[str] | None,
        typer.Option(
            "--gateway-key",
            metavar="KEY",
            envvar="STTBRIDGE_GATEWAY_KEYS",
            help="A key that clients show; the upstream's key then comes from the environment.",
        ),
    ] = None,
    turns: Annotated[
        str, typer.Option("--turns", metavar="keep|target", envvar="STTBRIDGE_TURNS", help="Whose silence defaults.")
    ] = "target",
    speed: Annotated[float, typer.Option("--speed", metavar="N", envvar="STTBRIDGE_SPEED", help="Clock speed.")] = 1.0,
    on_absent: OnAbsent = "warn",
    grace: Annotated[
        float,
        typer.Option("--grace", metavar="SECONDS", envvar="STTBRIDGE_GRACE", help="Wait so long for a client cut off."),
    ] = 30.0,
    jobs: Annotated[
        str | None,
        typer.Option(
            "--jobs",
            metavar="URL",
            envvar="STTBRIDGE_JOBS",
            help="Where Gladia's jobs are kept: sqlite:///FILE, postgresql://…, memory, off.",
        ),
    ] = None,
    keep_audio: Annotated[
        bool,
        typer.Option("--keep-audio", envvar="STTBRIDGE_KEEP_AUDIO", help="Keep the sessions' audio with the jobs."),
    ] = False,
    retention: Annotated[
        float,
        typer.Option("--retention", metavar="DAYS", envvar="STTBRIDGE_RETENTION", help="Keep jobs so long."),
    ] = 30.0,
    callbacks: Annotated[
        bool, typer.Option("--callbacks", envvar="STTBRIDGE_CALLBACKS", help="Post what clients ask to be posted.")
    ] = False,
    callbacks_allow: Annotated[
        list[str] | None,
        typer.Option(
            "--callbacks-allow",
            metavar="HOST|CIDR",
            envvar="STTBRIDGE_CALLBACKS_ALLOW",
            help="Where callbacks may go to besides public addresses; repeatable.",
        ),
    ] = None,
    metrics: Annotated[
        bool, typer.Option("--metrics", envvar="STTBRIDGE_METRICS", help="Answer GET /metrics for Prometheus.")
    ] = False,
) -> None:
    """Serve one vendor's API over the other's service, for clients in any language."""
    from codemods.serving import ServeRequest, run_serve

    keys = frozenset(key for group in gateway_key or () for key in group.split(",") if key)
    run_serve(
        ServeRequest(
            *(api, over, host, port, upstream, public_url, keys, turns, _positive(speed), on_absent, grace),
            jobs=jobs,
            keep_audio=keep_audio,
            retention=retention,
            callbacks=callbacks,
            callbacks_allow=tuple(part for group in callbacks_allow or () for part in group.split(",") if part),
            metrics=metrics,
        )
    )


@app.command(cls=_Command, short_help="Run a local stand-in of a vendor's service.")
def emulate(
    vendor: Annotated[str, typer.Argument(metavar="VENDOR", help="gladia or assemblyai")],
    port: Annotated[int, typer.Option("--port", metavar="N", help="Port to listen on; 0 for any free one.")] = 0,
    transcript: Annotated[
        Path | None, typer.Option("--transcript", metavar="JSON", help="What to hear [default: the guide's speech].")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="KEY", help="The one key to accept [default: any].")
    ] = None,
    speech: Annotated[
        Path | None, typer.Option("--speech", metavar="WAV", help="The recording that the transcript belongs to.")
    ] = None,
    fault: Annotated[
        list[str] | None, typer.Option("--fault", metavar="FAULT", help="Go wrong, as in drop-after=3000; repeatable.")
    ] = None,
    speed: Speed = 1.0,
) -> None:
    """Run a local stand-in of a vendor's service that hears what a transcript file says."""
    from codemods.serving import EmulateRequest, run_emulator

    run_emulator(EmulateRequest(vendor, port, transcript, speech, key, _positive(speed), tuple(fault or ())))


@app.command(cls=_Command, short_help="Print what corresponds to what between the two.")
def mapping(
    form: Annotated[str, typer.Option("--format", metavar="table|markdown|json", help="How to print it.")] = "table",
) -> None:
    """Print what corresponds to what between the two vendors."""
    from codemods.mapping_table import mapping_text

    print(mapping_text(form))


@app.command(cls=_Command, short_help="Migrate a guide's script and prove it; needs no key.")
def demo(speed: Speed = 8.0) -> None:
    """Migrate the guide's script and prove it: original, migrated, and original through the shim."""
    from codemods.demo import run_demo

    raise typer.Exit(run_demo(_positive(speed)))


def _positive(speed: float) -> float:
    if not 0 < speed <= 1000:
        raise BridgeError(f"--speed takes a number above 0 and up to 1000, not {speed:g}", "1 is real time")
    return speed


def _default_upstream(over: str) -> str:
    from codemods.serving import default_upstream

    return default_upstream(over)


def _print_version(wanted: bool) -> None:
    if wanted:
        import shim

        print(f"sttbridge {shim.__version__}")
        raise typer.Exit(0)


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options of the command itself."""


def _wrapped(message: str) -> str:
    import shutil
    import textwrap

    width = max(shutil.get_terminal_size((80, 24)).columns, 40)
    # The name of the program never stands alone on a line, however long the path after it is.
    message = message.replace(" ", "\N{NO-BREAK SPACE}", 1)
    wrapped = textwrap.fill(message, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    return wrapped.replace("\N{NO-BREAK SPACE}", " ", 1)


def main() -> None:
    """The console script: runs the command, and says what the user can put right, without a traceback."""
    run_command: Callable[..., Any] = app
    try:
        run_command(prog_name="sttbridge")
    except BridgeError as error:
        print(_wrapped(f"sttbridge: {error}"), file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Somebody reads only the first lines: `sttbridge migrate … | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()

"""`mrc`: every role and every handle for operators, one sub-command each.

Sub-commands are loaded when they are called, so that `mrc doctor` works where a part is missing.
"""

import importlib
import sys

import click
import structlog

_COMMANDS = {
    "run": ("mrc.cli.run:run", "Start every role with practice data and say where to click."),
    "demo": ("mrc.cli.demo:demo", "Tell the whole story on this terminal, with real processes."),
    "doctor": ("mrc.cli.doctor:doctor", "Say what is missing and what is insecure."),
    "authority": ("mrc.cli.roles:authority", "Start the immigration authority."),
    "issuer": ("mrc.cli.roles:issuer", "Start another issuer: police or mois."),
    "verifier": ("mrc.cli.verifier:verifier", "Start the verifier; ask for and read outcomes."),
    "wallet": ("mrc.cli.wallet:wallet", "Start the wallet; receive, show and present cards."),
    "register": ("mrc.cli.register_events:register", "Import, look at and change registrants."),
    "desk": ("mrc.cli.desk:desk", "The front desk's acts: offer, lock, unlock, cancel."),
    "call-centre": ("mrc.cli.call_centre:call_centre", "The call centre's operators."),
    "trust": ("mrc.cli.trust:trust", "Export, add, remove and list trusted roots."),
    "ic-card": ("mrc.cli.ic_card:ic_card", "Emulate, personalise and read the chip card."),
    "ledger": ("mrc.cli.ledger:ledger", "Serve and inspect the ledger."),
    "audit": (
        "mrc.cli.audit:audit",
        "Check the audit log against the ledger; read reports about askers.",
    ),
    "sandbox": ("mrc.cli.sandbox:sandbox", "Start stand-ins of others: the carrier."),
    "provider": ("mrc.cli.roles:provider", "Start the practice wallet provider."),
    "phone": ("mrc.cli.roles:phone", "Start the origin of the wallet in a phone's browser."),
    "staff": ("mrc.cli.staff:staff", "Invite the first supervisor; see who is on the staff."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), name)
        if not isinstance(command, click.Command):
            raise ValueError(f"{module}:{name} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry[1]) for name, entry in _COMMANDS.items()])


@click.command(cls=LazyGroup)
@click.version_option(package_name="mrc", prog_name="mrc")
def main() -> None:
    """The mobile residence card system."""
    structlog.configure(logger_factory=_to_standard_error)


def _to_standard_error(*_: object) -> structlog.PrintLogger:
    """Events go where a role's log file is; standard output is for results and for `ready`.

    Nobody reads a role's standard output after that: a full pipe would stop the role.
    """
    return structlog.PrintLogger(sys.stderr)

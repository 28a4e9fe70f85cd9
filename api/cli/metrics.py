"""`amparo metrics`: what an operator may watch of a vault, as Prometheus reads it."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.cli.failures import WrongUse
from api.cli.output import say
from api.cli.vaults import opened
from vault.instance import Vault
from vault.measures import measures

HELP = "what an operator may watch of a vault, as Prometheus reads it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="the vault; the service may be running")
    parser.add_argument(
        "--listen",
        metavar="PORT",
        type=int,
        help="serve them on this port of the loopback address",
    )


def run(args: argparse.Namespace) -> int:
    """Print once, or serve until told to stop."""
    with opened(args.folder) as vault:
        registry = CollectorRegistry()
        registry.register(Measures(vault))
        if args.listen is None:
            say(generate_latest(registry).decode().rstrip("\n"))
            return 0
        try:
            server = make_server("127.0.0.1", args.listen, make_wsgi_app(registry), handler_class=_Quiet)
        except (OSError, OverflowError):
            raise WrongUse("this port cannot be listened on", "choose another one with --listen") from None
        with server:
            say(f"metrics on http://127.0.0.1:{server.server_port}/metrics (Ctrl+C stops it)")
            sys.stdout.flush()
            server.serve_forever()
    return 0


class Measures(Collector):
    """The vault's measures, taken anew each time they are asked for."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def collect(self) -> Iterator[Metric]:
        """One family for each name."""
        families: dict[str, GaugeMetricFamily] = {}
        for each in measures(self._vault):
            name = f"amparo_{each.name}"
            family = families.setdefault(name, GaugeMetricFamily(name, each.help, labels=list(each.labels)))
            family.add_metric(list(each.labels.values()), each.value)
        yield from families.values()


class _Quiet(WSGIRequestHandler):
    """Who asks, and when, is written nowhere."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
        """Nothing."""

"""The command line for argparse: every command, the options they share, and help with examples."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, cast

from meshwright.cli.arguments import HOOKS, Arguments, Command, Hook

if TYPE_CHECKING:
    from meshwright.ir.explanation import Question

EXAMPLES: tuple[tuple[Command, str, str, str], ...] = (
    ("init", "start a project from Kubernetes YAML",
     "Write meshwright.toml and a first .mesh file in which every namespace found is `enforce no`.\n"
     "It compiles, and publishing it changes nothing.  Nothing that exists is overwritten.",
     "  meshwright init                      find Kubernetes YAML below this folder\n"
     "  meshwright init k8s/ charts/out.yaml   take it from there"),
    ("fmt", "write sources in canonical form",
     "Rewrite .mesh files in the one canonical form; a file with syntax errors is left alone.",
     "  meshwright fmt                       every source of the project\n"
     "  meshwright fmt --check               change nothing, exit 1 if a file would change\n"
     "  meshwright fmt mesh/shop/shop.mesh   one file"),
    ("check", "everything up to and including guardrails and proof; writes nothing",
     "Parse, resolve, check, judge by the guardrails, compile in memory and prove the result.",
     "  meshwright check                     every environment\n"
     "  meshwright check --env staging       one of them\n"
     "  meshwright check --format json       for programs"),
    ("compile", "write the manifest tree",
     "Check, then write the proved tree into output.directory.  Files of others and files edited by hand are\n"
     "never overwritten or deleted.",
     "  meshwright compile                   write it\n"
     "  meshwright compile --check           write nothing, exit 1 if the folder is not what the sources mean\n"
     "  meshwright compile --stdout          one YAML stream\n"
     "  meshwright compile --out build/mesh  another folder"),
    ("guard", "only the guardrails",
     "Judge the checked intent by the Rego packs of guard.packs; with a word in front, look at guardrails themselves.",
     "  meshwright guard                     judge every environment\n"
     "  meshwright guard --base origin/main  and what the sources open against a revision\n"
     "  meshwright guard list                which guardrails there are\n"
     "  meshwright guard explain any_workload\n"
     "  meshwright guard new owners          write a guardrail and its test, to be changed\n"
     "  meshwright guard test                run the tests; each guardrail has to fire in one, and to stay silent in one\n"
     "  meshwright guard schema schema/      for `opa check -s` and editors"),
    ("prove", "the obligations, with counts, assumptions and invariants",
     "Prove that the manifests let in exactly what the sources allow, or show a request for which they do not.",
     "  meshwright prove                     the tree that compile would write\n"
     "  meshwright prove --table             and who may reach what, through which proxies\n"
     "  meshwright prove --manifests deploy/mesh   a tree that somebody may have edited"),
    ("diff", "which access the sources open and close against another revision",
     "Compare who may reach what with a revision of the sources, rule by rule, each change with a request as example.",
     "  meshwright diff                      the working tree against HEAD\n"
     "  meshwright diff origin/main          against a branch\n"
     "  meshwright diff origin/main --no-new-access   exit 1 if anything is let in that was not\n"
     "  meshwright diff origin/main --no-public       exit 1 if callers without an identity gain anything\n"
     "  meshwright diff origin/main --format markdown   for a comment on a pull request"),
    ("explain", "may this caller do that: by which rule, at which proxy, and what would change it",
     "Follow one request on every way it could take, or a denial that a proxy logged back to the rule behind it.\n"
     "FROM: a service, workload, namespace/account, group, `clients of GATEWAY`, `internet`, `unidentified`, an address, a SPIFFE id.\n"
     "TO: a service (shop/orders, orders:8080, orders.shop.svc), `pods of` one, a group, or a URL.  Exit code 0 whatever the decision.",
     "  meshwright explain web orders GET /v1/orders/7     may it, and why\n"
     "  meshwright explain web orders                      what may it at all\n"
     "  meshwright explain internet https://shop.example.com/api/orders\n"
     "  meshwright explain web orders --via pod            around the waypoint\n"
     "  meshwright explain web orders --manifests deploy/mesh   by a tree that somebody may have edited\n"
     "  kubectl logs deploy/waypoint -n shop | meshwright explain --log -   denials, back to rules"),
    ("test", "the tests written in the sources, and what no test looks at",
     "Judge every `test \"...\" { expect allow|deny ... }` of the sources, each over all requests that its line names.",
     "  meshwright test                      every environment\n"
     "  meshwright test --env staging        one of them\n"
     "  meshwright test --format junit       for a pipeline"),
    ("decide", "concrete requests in bulk: JSON lines in, JSON lines out",
     "Judge each request by the Kubernetes and Istio manifests in DIR, as the proxy that it names would: docs/decide.md.\n"
     "Exit code 0 whatever the decisions, 1 when DIR holds what the API server or Istio refuses, or a line is no question.",
     "  meshwright decide --manifests deploy/ questions.jsonl\n"
     "  zcat access.jsonl.gz | meshwright decide --manifests deploy/ > answers.jsonl"),
    ("help", "the page of a diagnostic, or the list of all",
     "Every message has a code, and every code a page: what it means, an example that fails, one that is fixed.",
     "  meshwright help MW0401\n"
     "  meshwright help unknown-name\n"
     "  meshwright help                      every code, with a line"),
    ("publish", "commit the tree to the GitOps repository",
     "Check, then make one commit in publish.remote, or none when nothing changed.",
     "  meshwright publish\n"
     "  meshwright publish --env staging\n"
     "  meshwright publish --allow-dirty     although the sources are not committed"),
    ("hook", "for pre-commit and its kin: the projects of a repository, before a commit",
     "KIND is fmt, lint, check or compile.  Files belong to the nearest meshwright.toml above them; `check` and `compile`\n"
     "judge whole projects, and without files every project of the repository.  They refuse what the commit does not contain.",
     "  meshwright hook fmt mesh/shop/shop.mesh   rewrite it; exit 1 if it changed\n"
     "  meshwright hook lint mesh/shop/shop.mesh  syntax, from the file alone\n"
     "  meshwright hook check                     every project, as `meshwright check`\n"
     "  meshwright hook check -C services/shop    those in this folder and below it\n"
     "  meshwright hook compile                   write the trees; exit 1 if they are not part of the commit"),
    ("doctor", "what is installed, what is missing, and what the project file means",
     "List engines, packages and programs with their versions, how to get what is missing, and each environment in words.\n"
     "Exit code 2 when something is missing that this project needs.",
     "  meshwright doctor\n"
     "  meshwright doctor --env staging      one environment\n"
     "  meshwright doctor --format json      for a ticket"),
)

WIDTH = 100  # columns of help texts

EXIT_CODES = """exit codes:
  0 clean   1 something is wrong in sources, tree or policies   2 could not look   3 remote failed or race lost
  130/143 interrupted"""


def parse_all(argv: list[str]) -> Arguments:
    """The command line as data; leaves through SystemExit for --help and --version (0) and for usage errors (2)."""
    kind, argv = _hook(argv)
    parsed = _parser(argv).parse_args(argv)
    if parsed.command == "hook" and kind is None:
        _usage("hook", f"a kind is needed: {', '.join(HOOKS)}")
    # text goes to standard error and is never in the way of another one
    plain = list(dict.fromkeys(name for name, file in parsed.format if not file and name != "text"))
    if len(plain) > 1:
        _usage(parsed.command, f"one format can go to standard output, not {' and '.join(plain)}: write NAME=FILE for the others")
    return Arguments(
        command=parsed.command, directory=parsed.directory, environment=parsed.env, format=plain[0] if plain else "text",
        reports=tuple(one for one in parsed.format if one[1]),
        fail_on=parsed.fail_on, at=parsed.at or "", files=tuple(getattr(parsed, "files", ())),
        question=_question(parsed), hook=kind, check=getattr(parsed, "check", False),
        out=getattr(parsed, "out", None), stdout=getattr(parsed, "stdout", False), manifests=getattr(parsed, "manifests", None),
        table=getattr(parsed, "table", False), base=getattr(parsed, "base", ""),
        gates=tuple(sorted(set(getattr(parsed, "gates", ())))),
        allow_dirty=getattr(parsed, "allow_dirty", False))


def _parser(argv: list[str]) -> argparse.ArgumentParser:
    from meshwright import __version__

    parser = argparse.ArgumentParser(
        prog="meshwright", description="Compile intent about a service mesh into proved Istio configuration.", epilog=EXIT_CODES,
        formatter_class=_Help, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"meshwright {__version__}")
    # `prog` given: argparse would otherwise make a formatter only to ask it for this word.
    commands = parser.add_subparsers(prog="meshwright", dest="command", metavar="COMMAND", required=True)
    named = next((word for word in argv if not word.startswith("-")), "")
    known = [name for name, *_ in EXAMPLES]
    if named and named not in known:
        from meshwright.diagnostics import did_you_mean

        near = did_you_mean(named, known)
        parser.error(f"no command {named!r}: " + (f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"))
    for name, summary, description, examples in EXAMPLES:
        command = commands.add_parser(
            name, help=summary, description=description, epilog=f"examples:\n{examples}\n\n{EXIT_CODES}",
            formatter_class=_Help, allow_abbrev=False)
        if name == named:  # the options of the others are never asked for
            _options(command, name)
    return parser


ALL_FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit", "rdjson", "markdown")
_FORMATS = {"diff": ("text", "json", "markdown"), "test": ("text", "json", "junit")}  # commands that write something of their own in some


class _Help(argparse.RawDescriptionHelpFormatter):
    """Of a fixed width: to ask for the terminal's, argparse loads shutil, and with it every compression module."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=WIDTH)


def _options(parser: argparse.ArgumentParser, name: Command) -> None:
    if name == "help":
        parser.add_argument("files", nargs="*", metavar="CODE", help="MW0401, or unknown-name")
        parser.set_defaults(directory=".", env=None, format=[], fail_on="error", at=None)
        return
    what = "Kubernetes YAML: folders or files" if name == "init" else "source files or folders, in place of sources.paths"
    if name == "diff":
        parser.add_argument("base", nargs="?", metavar="BASE", default="", help="a commit, branch or tag (default: HEAD)")
        parser.set_defaults(files=())
    elif name == "explain":
        _of_explain(parser)
    elif name == "decide":
        parser.add_argument("files", nargs="*", metavar="QUESTIONS.jsonl", help="one question a line (default: standard input)")
        parser.add_argument("--manifests", metavar="DIR", required=True, help="objects of Kubernetes, Istio and Gateway API together")
    elif name == "hook":
        _of_hook(parser)
    elif name == "doctor":
        parser.set_defaults(files=())
    else:
        parser.add_argument("files", nargs="*", metavar="PATH", help=what)
    which = "only projects in DIR and below it" if name == "hook" else "the folder with meshwright.toml (default: this one)"
    parser.add_argument("-C", dest="directory", metavar="DIR", default=".", help=which)
    parser.add_argument("--env", metavar="NAME", help="one environment (default: all)")
    if name == "hook":
        parser.set_defaults(format=[])  # several projects would be several documents
    else:
        own = _FORMATS.get(name, ALL_FORMATS)
        parser.add_argument("--format", metavar="NAME[=FILE]", action="append", type=_format(own), default=[],
                            help=f"one of {', '.join(own)} to stdout (default: text, on stderr); "
                                 f"{', '.join(ALL_FORMATS[2:])} into a file; may be repeated")
    parser.add_argument("--fail-on", choices=("error", "warning"), default="error", help="the least severity that exits 1")
    parser.add_argument("--at", metavar="DATE", type=_date, default=None, help="judge `until` as of this day, YYYY-MM-DD (default: today)")
    if name in ("fmt", "hook"):
        parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a file would change")
    elif name == "compile":
        where = parser.add_mutually_exclusive_group()
        where.add_argument("--out", metavar="DIR", help="write there in place of output.directory")
        where.add_argument("--stdout", action="store_true", help="write one YAML stream to standard output")
        parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the folder differs from the sources")
    elif name == "prove":
        parser.add_argument("--table", action="store_true", help="add the access table: who may reach what, through which proxies")
        parser.add_argument("--manifests", metavar="DIR", help="judge the manifests in DIR in place of the compiled ones")
    elif name == "diff":
        parser.add_argument("--no-new-access", dest="gates", action="append_const", const="new-access", default=[],
                            help="exit 1 when anything is let in that was not")
        parser.add_argument("--no-public", dest="gates", action="append_const", const="public", default=[],
                            help="exit 1 when callers without an identity of the mesh gain access")
    if name in ("check", "compile", "guard"):
        parser.add_argument("--base", metavar="REVISION", default="", help="for guardrails over `input.diff`: what to compare with")
    if name == "publish":
        parser.add_argument("--allow-dirty", action="store_true", help="publish although the sources are not committed")


def _of_hook(parser: argparse.ArgumentParser) -> None:
    parser.usage = "meshwright hook KIND [-h] [-C DIR] [--env NAME] [--fail-on {error,warning}] [--at DATE] [--check] [PATH ...]"
    parser.add_argument("files", nargs="*", metavar="PATH", help="what a commit changes; check and compile judge its projects")


def _hook(argv: list[str]) -> "tuple[Hook | None, list[str]]":
    """The kind of a hook, and the line without it: argparse takes no options between positional ones, where runners put them."""
    if argv[:1] == ["hook"] and argv[1:2] and argv[1] in HOOKS:
        return cast("Hook", argv[1]), ["hook", *argv[2:]]
    return None, argv


def _of_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", metavar="FROM TO [METHOD PATH]",
                        help="who asks for what; without METHOD and PATH: for anything")
    parser.add_argument("--log", metavar="FILE", help="map denials that Envoy or ztunnel logged to rules; - is standard input")
    parser.add_argument("--via", metavar="WAY", default="", help="one way only: service, pod, gateway, plaintext, or a gateway by name")
    parser.add_argument("--port", metavar="PORT", default="", help="number or name of the port, where there are several")
    parser.add_argument("--host", metavar="HOST", default="", help="the Host header")
    for option, what in (("--header", "a request header"), ("--claim", "a claim of the token")):
        parser.add_argument(option, metavar="NAME=VALUE", action="append", default=[], type=_pair, help=f"{what}; may be repeated")
    parser.add_argument("--source-ip", metavar="ADDRESS", default=None, type=_address, help="where the connection comes from")
    parser.add_argument("--manifests", metavar="DIR", help="judge the manifests in DIR in place of the compiled ones")


def _question(parsed: argparse.Namespace) -> "Question | str | None":
    """The question of `explain`, or the path of a log; leaves through SystemExit (2) when the words are none."""
    words = getattr(parsed, "words", None)
    if words is None:
        return None
    if parsed.log is not None:
        if words:
            _usage("explain", "--log takes no FROM and TO: the log says who asked for what")
        return str(parsed.log)
    if len(words) not in (2, 4):
        _usage("explain", f"FROM TO or FROM TO METHOD PATH is needed, which are 2 or 4 words and not {len(words)}")
    from meshwright.ir.explanation import Question

    source, target, method, path = [*words, "", ""][:4]
    headers = tuple((name.lower(), value) for name, value in parsed.header)
    return Question(source, target, method.upper(), path.partition("?")[0], parsed.host, headers, tuple(parsed.claim), parsed.port,
                    parsed.via, parsed.source_ip or "")


def _usage(command: str, message: str) -> NoReturn:
    import sys

    sys.stderr.write(f"usage: meshwright {command} --help\nmeshwright {command}: error: {message}\n")
    raise SystemExit(2)


def _format(own: tuple[str, ...]) -> Callable[[str], tuple[str, str]]:
    def read(text: str) -> tuple[str, str]:
        name, equals, file = text.partition("=")
        known = ALL_FORMATS[2:] if equals else own
        if name not in known or (equals and not file):
            raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(f'{one}=FILE' if equals else one for one in known)}")
        return name, file

    return read


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _address(text: str) -> str:
    from ipaddress import ip_address

    try:
        return str(ip_address(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an IP address") from None


def _date(text: str) -> str:
    from datetime import date

    try:
        if len(text) == 10:
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2027-03-31")

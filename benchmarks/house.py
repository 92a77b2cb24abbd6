"""The structure of this house: what its modules import, and the modules that a verb enters.

`python benchmarks/house.py` measures this checkout. `--repo ../before --repo .` measures
others, side by side. `--json` prints one object. `--static` only reads the source.

Verbs and tests run in a copy of the checkout in a temporary folder. They run under the
interpreter of this script, which needs what the tests need, and the embedded engine.

- *Modules* are Python files. `__init__` counts as one, but not towards the modules of a
  folder.
- *Lines* are those of all text files, blank ones too. A function begins at its `def`.
- *Imports* are read from the source, those inside functions too. Those under
  `if TYPE_CHECKING` count only in the rows `with types`. An import by a name in a string
  is not seen.
- A *circle* is a set of modules that all import each other, directly or through others.
- An *arrow* leads from one place to another: a module of the first imports a module of
  the second. The places are folders, each with its own modules only, or the top rooms,
  which lie directly in the package. An arrow between folders is *upward* when one of its
  imports leads from a lower ring to a higher one (`RINGS`).
- A *move* is a call from one module into another. Frames of libraries between the two are
  skipped. A generator that goes on counts as called. Code that runs on import does not
  count, nor do the constructors that `dataclass` writes. The number in parentheses counts
  each pair of modules once; the other one depends on how often a wait looks.
- A *climb* is a move to a higher ring. A *call back* is a move to a module that imports
  the caller's module. It needs no table of rings, and shows climbs inside a ring too.
- *Processor time* is the user and system time of pytest on the unit tests. They are
  compiled before.
"""

import argparse
import ast
import contextlib
import importlib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import resolve_name
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "nox_alembic"
# From the top to the bottom: a ring and where its modules lie, in the layout of today and in the flat one before it
# (`run` was `opening` to `tools`). Both have the same six rings, so that their climbs compare. The first match counts.
RINGS = (
    ("cli", ("cli", "__main__", "sessions", "testing")),
    ("run", ("run", "opening", "environment", "wiring", "runner", "actions", "tools")),
    ("report", ("report",)),
    ("tables", ("tables", "screen")),
    ("edges", ("edges",)),
    ("core", ("core", "__init__")),
)
VERBS = ("reset", "undo", "down")
WIDE = 20
ENVIRONMENT = "[tool.nox-alembic.env.dev]\n"

Figure = int | float | tuple[int, int | str]  # the second of two is shown in parentheses
Graph = Mapping[str, frozenset[str]]
Walk = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Module:
    """A Python file of the package."""

    name: str
    path: Path
    """Relative to the package's folder."""
    text: str

    @property
    def folder(self) -> str:
        """Where it lies."""
        return self.path.parent.as_posix()

    @property
    def room(self) -> str:
        """The module or folder directly in the package that has it."""
        return self.path.with_suffix("").parts[0]

    @property
    def is_package(self) -> bool:
        """Whether it is the `__init__` of a folder."""
        return self.path.stem == "__init__"

    @property
    def height(self) -> int:
        """Its ring, counted from the bottom."""
        for height, (_, rooms) in enumerate(reversed(RINGS)):
            if self.room in rooms:
                return height
        raise SystemExit(f"{self.path} is in no ring: add `{self.room}` to RINGS in {__file__}")


def modules_of(checkout: Path) -> dict[str, Module]:
    """Return the modules of a checkout by their names."""
    package = checkout / "src" / PACKAGE
    found = {}
    for file in sorted(package.rglob("*.py")):
        path = file.relative_to(package)
        parts = path.parent.parts if path.stem == "__init__" else path.with_suffix("").parts
        name = ".".join((PACKAGE, *parts))
        found[name] = Module(name, path, file.read_text(encoding="utf-8"))
    return found


def graph_of(modules: Mapping[str, Module], *, types: bool) -> Graph:
    """Return which modules each one imports; with `types` also what it imports for its types alone."""
    return {name: frozenset(imports_of(module, modules, types=types)) - {name} for name, module in modules.items()}


def imports_of(module: Module, modules: Mapping[str, Module], *, types: bool) -> Iterator[str]:
    """Yield the modules that one imports; `from package import module` counts for the module alone."""
    for node in statements(ast.parse(module.text), types=types):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom):
            package = module.name if module.is_package else module.name.rpartition(".")[0]
            source = resolve_name("." * node.level + (node.module or ""), package)
            for alias in node.names:
                whole = f"{source}.{alias.name}"
                yield from [name for name in (whole, source) if name in modules][:1]


def statements(tree: ast.AST, *, types: bool) -> Iterator[ast.AST]:
    """Yield all nodes below one; without `types` not those that only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and not types and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from statements(ast.Module(node.orelse, []), types=types)
        else:
            yield node
            yield from statements(node, types=types)


def reached(graph: Graph) -> Graph:
    """Return what each module imports, directly or through others."""
    return {name: frozenset(reached_from(name, graph)) for name in graph}


def reached_from(name: str, graph: Graph) -> set[str]:
    """Return what one module imports, directly or through others; itself where it is in a circle."""
    found: set[str] = set()
    left = [name]
    while left:
        new = graph[left.pop()] - found
        found |= new
        left += new
    return found


def circles(reach: Graph) -> list[list[str]]:
    """Return the circles, each as the names of its modules."""
    found = {frozenset(other for other in reach[name] if name in reach[other]) for name in reach}
    return sorted(sorted(circle) for circle in found if circle)


def arrows(modules: Mapping[str, Module], graph: Graph, place: Callable[[Module], str]) -> dict[tuple[str, str], bool]:
    """Return the arrows between places, and of each whether it is upward."""
    found: dict[tuple[str, str], bool] = {}
    for one, imported in graph.items():
        for other in imported:
            start, end = modules[one], modules[other]
            arrow = place(start), place(end)
            if arrow[0] != arrow[1]:
                found[arrow] = found.get(arrow, False) or end.height > start.height
    return found


def lines_below(folder: Path) -> int:
    """Return the lines of all text files below a folder."""
    files = (file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return sum(lines(file.read_text(encoding="utf-8")) for file in files)


def lines(text: str) -> int:
    """Return the lines of a text."""
    return len(text.splitlines())


def largest_function(modules: Iterable[Module]) -> tuple[int, str]:
    """Return the lines of the largest function, and where it is."""
    return max(
        ((node.end_lineno or 0) - node.lineno + 1, f"{node.name} in {module.path.as_posix()}")
        for module in modules
        for node in ast.walk(ast.parse(module.text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def sizes(checkout: Path, modules: Mapping[str, Module]) -> dict[str, Figure]:
    """Return how large all of it is, and the largest of each kind."""
    folders = Counter(module.folder for module in modules.values() if not module.is_package)
    widest, most = folders.most_common(1)[0]
    return {
        "modules": len(modules),
        "lines of src": lines_below(checkout / "src" / PACKAGE),
        "lines of tests": lines_below(checkout / "tests"),
        "folders": len({module.folder for module in modules.values()}),
        f"folders with more than {WIDE} modules": sum(count > WIDE for count in folders.values()),
        "modules of the widest folder": (most, widest),
        "lines of the largest module": max((lines(module.text), module.path.as_posix()) for module in modules.values()),
        "lines of the largest function": largest_function(modules.values()),
    }


def structure(modules: Mapping[str, Module]) -> dict[str, Figure]:
    """Return the circles and arrows, each with and without what is imported for types."""
    found: dict[str, Figure] = {}
    for types, also in ((False, ""), (True, ", with types")):
        graph = graph_of(modules, types=types)
        rooms = arrows(modules, graph, lambda module: module.room)
        folders = arrows(modules, graph, lambda module: module.folder)
        count = len({module.folder for module in modules.values()})
        found |= {
            f"import circles{also}": len(circles(reached(graph))),
            f"arrows between top rooms{also}": len(rooms),
            f"arrows between folders{also}": (len(folders), f"of {count * (count - 1)}"),
            f"upward arrows{also}": sum(folders.values()),
        }
    return found


class Copy:
    """A copy of a checkout, in which verbs and tests run without a trace in the checkout."""

    def __init__(self, checkout: Path, place: Path) -> None:
        self.folder, self.place = place / "copy", place
        for name in git(checkout, "ls-files", "--cached", "--others", "--exclude-standard").splitlines():
            if (checkout / name).is_file():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(checkout / name, self.folder / name)
        pyproject = self.folder / "pyproject.toml"
        # By a key, too: the tool did not always know the variable.
        pyproject.write_text(pyproject.read_text().replace(ENVIRONMENT, f'{ENVIRONMENT}engine = "embedded"\n'))
        self.environ = {**os.environ, "PYTHONPATH": str(self.folder / "src"), "PYTHONDONTWRITEBYTECODE": ""}

    def run(self, *words: str, **variables: str) -> str:
        """Run Python to its end and return what it printed, which is shown when it fails."""
        command, environ = [sys.executable, *words], {**self.environ, **variables}
        done = subprocess.run(command, cwd=self.folder, env=environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(words)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def tool(self, *words: str) -> None:
        """Run Python on the embedded engine, with the tool's own files in the temporary folder."""
        home = str(self.place / "home")
        self.run(*words, NOX_ALEMBIC_HOME=home, NOX_ALEMBIC_ENGINE="embedded", NOX_ALEMBIC_SPARE="off")

    def walk(self, verb: str) -> Walk:
        """Run a verb in a process of its own, and return how often each module called each other one."""
        out = self.place / f"{verb}.json"
        self.tool("-P", __file__, "--trace", verb, str(out))
        return Counter((caller, callee) for caller, callee in json.loads(out.read_text()))

    def walks(self) -> dict[str, Walk]:
        """Return the walk of each verb; the first one meets a running database with data."""
        try:
            self.tool("-m", PACKAGE, "reset", "--yes")
            return {verb: self.walk(verb) for verb in VERBS}
        finally:
            with contextlib.suppress(SystemExit):  # what failed before says more
                self.tool("-m", PACKAGE, "down")

    def unit_suite(self) -> dict[str, Figure]:
        """Return the number of unit tests, and the processor time that they take."""
        suite = ("-m", "pytest", "-q", f"--basetemp={self.place / 'pytest'}", "tests/unit")
        self.run(*suite, "--collect-only")  # compiles
        before = cpu()
        passed = re.search(r"(\d+) passed", self.run(*suite))
        return {"unit tests": int(passed[1]) if passed else 0, "their processor time, s": round(cpu() - before, 1)}


def cpu() -> float:
    """Return the CPU seconds of all programs that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def steps(verb: str, walk: Walk, modules: Mapping[str, Module]) -> dict[str, Figure]:
    """Return the figures of one verb."""
    reach = reached(graph_of(modules, types=False))
    moves = Counter({pair: count for pair, count in walk.items() if pair[0] and pair[0] != pair[1]})

    def those(counts: Callable[[str, str], bool]) -> tuple[int, int]:
        pairs = {pair: count for pair, count in moves.items() if counts(*pair)}
        return sum(pairs.values()), len(pairs)

    return {
        f"{verb}: modules": len({callee for _, callee in walk}),
        f"{verb}: moves": those(lambda *_: True),
        f"{verb}: climbs": those(lambda caller, callee: modules[callee].height > modules[caller].height),
        f"{verb}: calls back": those(lambda caller, callee: caller in reach[callee] and callee not in reach[caller]),
    }


def trace(verb: str, out: Path) -> None:
    """Run a verb in this process, and write each call as the modules of caller and callee."""
    package = Path(importlib.import_module(PACKAGE).__file__ or "").parent
    modules = modules_of(package.parents[1])
    for name in modules.keys() - {f"{PACKAGE}.__main__"}:
        with contextlib.suppress(Exception):  # those of other systems
            importlib.import_module(name)
    files = {str(package / module.path): name for name, module in modules.items()}
    calls: list[tuple[str, str]] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        called = files.get(frame.f_code.co_filename)
        if event == "call" and called and frame.f_code.co_name != "<module>":
            calls.append((caller_of(frame, files), called))

    run = importlib.import_module(f"{PACKAGE}.cli").run
    threading.setprofile(note)
    sys.setprofile(note)
    code = run([verb, "--yes"])
    sys.setprofile(None)
    out.write_text(json.dumps(calls))
    sys.exit(code)


def caller_of(frame: FrameType, files: Mapping[str, str]) -> str:
    """Return the nearest module above a frame, or "" at a thread's start and below generated code."""
    above = frame.f_back
    while above is not None and above.f_code.co_filename != "<string>":
        if above.f_code.co_filename in files:
            return files[above.f_code.co_filename]
        above = above.f_back
    return ""


def figures(checkout: Path, *, static: bool) -> dict[str, Figure]:
    """Return all figures of a checkout."""
    modules = modules_of(checkout)
    found = sizes(checkout, modules) | structure(modules)
    if static:
        return found
    with tempfile.TemporaryDirectory(prefix="nox-alembic-house-") as place:
        copy = Copy(checkout, Path(place).resolve())
        for verb, walk in copy.walks().items():
            found |= steps(verb, walk, modules)
        return found | copy.unit_suite()


def name_of(checkout: Path) -> str:
    """Return the folder and commit of a checkout."""
    return f"{checkout.name} {git(checkout, 'describe', '--always', '--dirty', '--exclude=*').strip()}"


def git(checkout: Path, *words: str) -> str:
    """Return what git prints of a checkout."""
    return subprocess.run(["git", *words], cwd=checkout, capture_output=True, text=True, check=True).stdout


def print_table(columns: Mapping[str, Mapping[str, Figure]]) -> None:
    """Print a row for each figure and a column for each checkout."""
    rows = list(dict.fromkeys(row for column in columns.values() for row in column))
    table = [["", *rows], *([name, *(shown(column.get(row)) for row in rows)] for name, column in columns.items())]
    widths = [max(map(len, cells)) for cells in table]
    for cells in zip(*table, strict=True):
        print("   ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())


def shown(figure: Figure | None) -> str:
    """Return a figure as the table has it."""
    if figure is None:
        return "-"
    return f"{figure[0]} ({figure[1]})" if isinstance(figure, tuple) else str(figure)


def main() -> None:
    """Measure each checkout and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repo", type=Path, action="append", help="a checkout; this one without it")
    parser.add_argument("--static", action="store_true", help="only read the source; run nothing")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--trace", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.trace:
        trace(chosen.trace[0], Path(chosen.trace[1]))
    checkouts = [repo.resolve() for repo in chosen.repo or [ROOT]]
    columns = {name_of(checkout): figures(checkout, static=chosen.static) for checkout in checkouts}
    if chosen.json:
        print(json.dumps(columns, indent=2))
    else:
        print_table(columns)


if __name__ == "__main__":
    main()

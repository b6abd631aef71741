"""Take each promise's mechanism out and see its test fail: ``python -m tests.bench.mutants``.

Every mutant is made in a copy of the tree, so that nothing here is changed. A mutant that its test
does not notice is printed and fails the run: then the test, not the program, has a hole.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("bot", "handlers", "storage", "trading", "tests", "docs", "pyproject.toml", "README.md")
SECONDS = 120


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mechanism taken out: the promise, what was done in words, the edits, the test."""

    promise: str
    words: str
    edits: tuple[tuple[str, str, str], ...]
    """File, text that stands there once, text in its place."""
    test: str


def mutants() -> tuple[Mutant, ...]:
    """Return every mutant of the file beside this one."""
    text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    return tuple(
        Mutant(
            one["promise"],
            one["words"],
            tuple((edit["file"], edit["old"], edit["new"]) for edit in one["edit"]),
            one["test"],
        )
        for one in tomllib.loads(text)["mutant"]
    )


def apply(mutant: Mutant, tree: Path) -> str:
    """Make the edits in a tree; return why it cannot be done, or an empty text."""
    for name, old, new in mutant.edits:
        path = tree / name
        text = path.read_text(encoding="utf-8")
        if text.count(old) != 1:
            return f"{name} holds {old[:40]!r} {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")
    return ""


def verdict(mutant: Mutant) -> tuple[bool, str]:
    """Return whether the test noticed, and how, in words."""
    with tempfile.TemporaryDirectory(prefix="desk-mutant-") as name:
        tree = Path(name)
        for part in PARTS:
            source = ROOT / part
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, tree / part)
        problem = apply(mutant, tree)
        if problem:
            return False, problem
        command = [sys.executable, "-m", "pytest", "-x", "--tb=line", *mutant.test.split()]
        try:
            done = subprocess.run(  # noqa: S603 - our own arguments
                command, cwd=tree, capture_output=True, text=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return True, f"no end within {SECONDS} s"
        lines = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
        return done.returncode == 1, (lines or [f"exit code {done.returncode}"])[0][:160]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="the promises to look at, as I3,I7")
    options, _ = parser.parse_known_args()
    only = set(options.only.split(",")) if options.only else None
    survived = 0
    for mutant in mutants():
        if only is not None and mutant.promise not in only:
            continue
        noticed, how = verdict(mutant)
        survived += not noticed
        word = "noticed" if noticed else "SURVIVED"
        sys.stdout.write(f"{mutant.promise:4} {word:9} {mutant.words}: {how}\n")
        sys.stdout.flush()
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())

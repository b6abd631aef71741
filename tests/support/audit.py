"""Known holes in what we install, secrets in what we publish: ``python -m tests.support.audit``.

pip-audit asks a database on the network; where it is not installed or the network does not answer
it is skipped, with the reason printed. The scan for secrets needs nothing.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AUDIT_SECONDS = 60
_SECRETS = {
    "a bot token": re.compile(r"\b\d{8,10}:[A-Za-z0-9_-]{35}\b"),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"),
    "an AWS key": re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    "a GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36}\b"),
    "a value in an example of settings": re.compile(
        r"^[A-Z_]*(?:TOKEN|PASSWORD|SECRET|KEY)=\S+", re.MULTILINE
    ),
}
_OF_EXAMPLES = "a value in an example of settings"


def secrets_in(name: str, text: str) -> list[str]:
    """Return what looks like a secret in a file, by kind and line; never the secret itself."""
    found = []
    for kind, pattern in _SECRETS.items():
        if kind == _OF_EXAMPLES and not name.startswith(".env"):
            continue
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{name}:{line}: {kind}")
    return found


def scan() -> list[str]:
    """Return what looks like a secret in any file that git knows."""
    git = shutil.which("git")
    if git is None:
        return []
    listed = subprocess.run(  # noqa: S603 - our own arguments
        [git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    found = []
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file():
            found += secrets_in(name, path.read_text(encoding="utf-8", errors="ignore"))
    return found


def audit() -> tuple[bool, str]:
    """Return whether the locked packages have no known hole, and what was found, in words."""
    tool = shutil.which("pip-audit", path=str(Path(sys.executable).parent)) or shutil.which(
        "pip-audit"
    )
    if tool is None:
        return True, "skipped: pip-audit is not installed (make audit installs it)"
    command = [tool, "--requirement", "requirements.lock", "--disable-pip", "--require-hashes"]
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments
            [*command, "--progress-spinner", "off"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=AUDIT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True, "skipped: the network does not answer"
    said = (done.stdout + done.stderr).strip()
    if done.returncode and "vulnerabilit" not in said.lower():
        return True, f"skipped: {said.splitlines()[-1] if said else 'no answer'}"
    return done.returncode == 0, said


def main() -> int:
    """Print both findings and return 1 when either is bad."""
    found = scan()
    sys.stdout.write("secrets: " + ("\n".join(found) or "none") + "\n")
    well, said = audit()
    sys.stdout.write(f"packages: {said}\n")
    return 1 if found or not well else 0


if __name__ == "__main__":
    sys.exit(main())

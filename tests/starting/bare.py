"""A Debian with nothing but Python: no pip, no venv of Debian's, no compiler, no Node, no Git, no certificates."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
from pathlib import Path

from sandbox.images.mirror import debian_mirror
from tests.checkout import copy_to

SCRIPT = Path(__file__).with_name("bare.sh")
USER, HOME = "learner", "/home/learner"
ENGINE = Path("/var/run/docker.sock")
# How this machine reaches the registries: whoever sits behind a proxy hands the same on.
ACCESS = re.compile(r"(?i)(https?|no|all)_proxy|PIP_(INDEX_URL|EXTRA_INDEX_URL|DEFAULT_TIMEOUT)|npm_config_.*")


class Machine:
    """Its files below a folder; each command runs in namespaces of its own, as an ordinary user."""

    def __init__(self, root: Path, suite: str) -> None:
        self.root = root
        mirror = debian_mirror()
        words = ["debootstrap", "--variant=minbase", "--include=python3", suite, str(root)]
        made = subprocess.run([*words, *([mirror] if mirror else [])], capture_output=True, text=True)
        assert made.returncode == 0, made.stdout[-2000:]
        for name in ("/etc/resolv.conf", "/etc/hosts"):
            shutil.copy(name, root / name[1:])
        shutil.copytree("/etc/apt/apt.conf.d", root / "etc/apt/apt.conf.d", dirs_exist_ok=True)
        subprocess.run(["chroot", root, "useradd", "--create-home", USER], check=True)
        self.checkout = root / HOME[1:] / "anneal"
        copy_to(self.checkout)
        subprocess.run(["chroot", root, "chown", "--recursive", f"{USER}:", f"{HOME}/anneal"], check=True)

    def start(self, out: Path, *words: str, engine: bool = True, enter: str = "pivot", **variables: str):
        """A process that runs `words` there; what it says goes to `out`."""
        socket = str(ENGINE) if engine else ""
        groups = str(ENGINE.stat().st_gid) if engine else "65534"
        inside = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": HOME, "LANG": "C.UTF-8"}
        access = {name: value for name, value in os.environ.items() if ACCESS.fullmatch(name)}
        environment = {**inside, **access, **self._certificates(), "GROUPS_OF_USER": groups, **variables}
        unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        return subprocess.Popen(
            [*unshare, "bash", SCRIPT, self.root, USER, socket, enter, *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=open(out, "wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _certificates(self) -> dict[str, str]:
        """Those of this machine: a company's own may be among them."""
        found = os.environ.get("PIP_CERT") or ssl.get_default_verify_paths().cafile
        if not found:
            return {}
        shutil.copy(found, self.root / "opt" / "certificates.pem")
        return dict.fromkeys(("PIP_CERT", "NODE_EXTRA_CA_CERTS"), "/opt/certificates.pem")

"""A supervisor over programs of a test's own: `python supervised.py FOLDER`, which holds programs.json.

programs.json: a list of objects with `name`, `code` (Python) and any further fields of Program.
"""

import json
import os
import sys
from pathlib import Path

from learn.starting import home as homes
from learn.starting.logs import Logs
from learn.starting.supervisor import Program, StartFailed, Supervisor


def main(folder: Path) -> int:
    wanted = json.loads((folder / "programs.json").read_text())
    programs = [
        Program(command=[sys.executable, "-c", one.pop("code")], environment=dict(os.environ), **one) for one in wanted
    ]
    logs = Logs(folder / "logs")
    supervisor = Supervisor(
        programs,
        logs,
        lambda said: logs.write("ready", "it is ready"),
        lambda pids: homes.write_state(folder, {"processes": pids}),
    )
    try:
        with homes.only_one(folder):
            supervisor.run()
    except StartFailed as error:
        print(error)
        return 1
    except homes.AlreadyRunning as running:
        print(running)
        return 3
    print("STOPPED")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

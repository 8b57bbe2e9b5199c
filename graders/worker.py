"""A grader: takes Jobs from its queues, sends Verdicts back. Knows neither Django nor the database."""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import time
from contextlib import suppress
from typing import Any

import redis
from celery import Celery
from celery.signals import task_postrun, task_received, worker_ready, worker_shutdown, worker_shutting_down

from graders import receipts
from graders.broker import celery_url, redis_url
from graders.cells import Cells, answer_profile, judge_profile
from graders.claims import Claims
from graders.grade import grade
from graders.heartbeat import Heartbeat
from graders.outage import Outages
from graders.package import Package, PackageError
from graders.protocol import (
    NOT_FOR_STRANGERS,
    QUEUE_GPU,
    QUEUE_SITE,
    QUEUES,
    TASK_GRADE,
    TASK_RECORD,
    CaseResult,
    Job,
    Outcome,
    Verdict,
    progress_channel,
)
from graders.store import Store, packages_folder
from sandbox import CellEnded, Engine, SandboxUnavailable
from sandbox.devices import Devices

log = logging.getLogger("graders")

PROGRESS_SECONDS = 600
PROGRESS_PAUSE = 0.04
WEAK = "let a Docker engine answer, or set ANNEAL_ALLOW_WEAK_SANDBOX=1 to grade everybody's"

app = Celery("graders", broker=celery_url())
app.conf.update(
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    task_default_queue="cpu",
    broker_connection_retry_on_startup=True,
    # A message is acknowledged when it is taken: the site's Submission row is the truth, and the site
    # sends it again when no verdict comes (docs/developer/dataflow.md).
    task_acks_late=False,
    worker_prefetch_multiplier=1,
    broker_transport_options={"socket_keepalive": True, "health_check_interval": 15},
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
)


class Grader:
    """What one worker process holds: an engine, its warm cells, the packages, a connection to tell progress."""

    def __init__(self, engine: Engine, cells: Cells, store: Store, connection: redis.Redis) -> None:
        self.engine, self.cells, self.store, self.redis = engine, cells, store, connection
        self.outages = Outages(engine, make_sure)
        self.about = engine.describe()  # not for each verdict: that would be a question to the engine each time

    def grade(self, job: Job) -> Verdict:
        if not job.staff and not serves_strangers(self.engine):
            return Verdict(Outcome.REFUSED, message=NOT_FOR_STRANGERS)
        try:
            package = self.store.get(job.package)
        except PackageError as error:
            return Verdict(Outcome.BROKEN, message=str(error))
        began = time.monotonic()
        verdict = self.grade_once(job, package)
        while verdict.outcome is Outcome.BROKEN and self.outages.explains(since=began):
            self.about = self.engine.describe()  # it may be another now
            began = time.monotonic()
            verdict = self.grade_once(job, package)
        return receipts.name_engine(verdict, self.about, grader=socket.gethostname())

    def grade_once(self, job: Job, package: Package) -> Verdict:
        with Progress(self.redis, job) as progress:
            return grade(job, package, self.cells, progress.case)


class Progress(threading.Thread):
    """Tells whoever watches how far a grading is. Nothing depends on it: a lost broker loses only the show.

    In a thread, so that a grading does not wait for the broker, and no oftener than an eye can follow.
    """

    def __init__(self, connection: redis.Redis, job: Job) -> None:
        super().__init__(name="progress", daemon=True)
        self.redis, self.job = connection, job
        self.cases: list[dict[str, Any]] = []
        self.changed, self.over = threading.Event(), False

    def __enter__(self) -> Progress:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over = True
        self.changed.set()

    def case(self, result: CaseResult) -> None:
        self.cases.append(result.to_dict())
        self.changed.set()

    def run(self) -> None:
        while not self.over:
            self.changed.clear()
            self.tell(list(self.cases))
            time.sleep(PROGRESS_PAUSE)
            self.changed.wait()

    def tell(self, cases: list[dict[str, Any]]) -> None:
        channel = progress_channel(self.job.submission)
        text = json.dumps({"state": "running", "grading": self.job.grading, "done": len(cases), "cases": cases})
        with suppress(redis.RedisError):
            together = self.redis.pipeline(transaction=False)
            together.set(f"{channel}:last", text, ex=PROGRESS_SECONDS)
            together.publish(channel, text)
            together.execute()


def serves_strangers(engine: Engine) -> bool:
    """Whether people other than staff may send code here: by the engine's nature, or by the operator's word."""
    return engine.for_strangers or os.environ.get("ANNEAL_ALLOW_WEAK_SANDBOX") == "1"


grader: Grader | None = None


@app.task(name=TASK_GRADE)
def grade_task(job: dict[str, Any]) -> None:
    """Grade `job` and send its verdict to the site's queue."""
    assert grader is not None
    wanted = Job.from_dict(job)
    if wanted.deadline and time.time() > wanted.deadline:
        log.info("submission %s: nobody waits for this job any longer", wanted.submission)
        return
    verdict = grader.grade(wanted)
    if verdict.outcome is Outcome.BROKEN:
        log.error("submission %s could not be graded: %s", wanted.submission, verdict.message)
    app.send_task(
        TASK_RECORD,
        kwargs={
            "submission": wanted.submission,
            "grading": wanted.grading,
            "token": wanted.token,
            "verdict": verdict.to_dict(),
        },
        queue=QUEUE_SITE,
        ignore_result=True,
    )


def serve(queues: list[str], concurrency: int, engine_name: str | None) -> int:
    """Grade until told to stop. 3 when the sandbox cannot work here or does not hold: the queue stays closed."""
    global grader
    from sandbox.pool import Pool

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    unknown = set(queues) - set(QUEUES)
    if unknown:
        print(f"There is no queue {', '.join(sorted(unknown))}; the queues are {', '.join(QUEUES)}.")
        return 2
    try:
        engine = open_engine(engine_name, gpu=QUEUE_GPU in queues)
    except SandboxUnavailable as error:
        log.error("%s", error)
        return 3
    if queues == [QUEUE_GPU]:
        concurrency = min(concurrency, lent_at_once(engine))
    pool = Pool(engine, int(os.environ.get("ANNEAL_POOL", "2")))
    store = Store(packages_folder())
    grader = Grader(engine, Cells(pool), store, redis.Redis.from_url(redis_url()))
    about = {"engine": engine.name, "host": socket.gethostname()}
    outages = grader.outages
    heartbeat = Heartbeat(queues, about, getattr(engine, "out_of_service", str), lambda: outages.away)
    claims = claiming(grader.redis)
    worker_ready.connect(lambda **_: heartbeat.start(), weak=False)
    worker_ready.connect(lambda **_: threading.Thread(target=warm, args=(store, pool), daemon=True).start(), weak=False)
    worker_shutting_down.connect(lambda **_: outages.stopped.set(), weak=False)
    worker_shutdown.connect(lambda **_: heartbeat.stopped.set(), weak=False)
    try:
        app.Worker(
            queues=queues, pool="threads", concurrency=concurrency, loglevel="INFO", optimization="fair",
            without_gossip=True, without_mingle=True, quiet=True,
        ).start()  # fmt: skip
    finally:
        heartbeat.stopped.set()
        claims.stopped.set()
        grader.cells.close()
        pool.close()
        engine.close()
    return 3 if heartbeat.ended_by else 0


def claiming(connection: redis.Redis) -> Claims:
    """Claims everything that this worker is given, from its arrival: it may wait for another grading to end.

    A task is named after its submission (learn/exercises/queue.py).
    """
    claims = Claims(connection)

    def of(task: str) -> str:
        return task.partition(":")[0]

    task_received.connect(lambda request, **_: claims.take(of(request.id)), weak=False)
    task_postrun.connect(lambda task_id, **_: claims.let_go(of(task_id)), weak=False)
    claims.start()
    return claims


def open_engine(name: str | None, gpu: bool) -> Engine:
    """An engine that was attacked and held. SandboxUnavailable if there is none."""
    from sandbox.choosing import choose

    engine = choose(name, gpu=gpu)
    make_sure(engine)
    if not serves_strangers(engine):
        log.warning("cells of %s are for code of staff alone; %s", engine.name, WEAK)
    return engine


def lent_at_once(engine: Engine) -> int:
    """How many devices there are, here or at a keeper."""
    devices = getattr(engine, "devices", None) or []
    return len(devices.names() if isinstance(devices, Devices) else devices)


def make_sure(engine: Engine) -> None:
    """Attack the sandbox, without what others left there: an engine that cannot remove that starts no cells."""
    engine.sweep()
    refuse_what_does_not_hold(engine)


def refuse_what_does_not_hold(engine: Engine) -> None:
    """Attack the sandbox as it is configured. SandboxUnavailable if an attack works."""
    from sandbox.doctor import attack

    try:
        escaped = [finding for finding in attack(engine) if not finding.held]
    except CellEnded as ended:
        raise SandboxUnavailable(
            f"No cell starts, so no queue is served: {ended.detail or ended}. Run `python -m sandbox setup`, which"
            " tries one, or `python -m sandbox doctor` for the whole picture."
        ) from ended
    if escaped:
        raise SandboxUnavailable(
            "The sandbox does not hold, so no queue is served: "
            + "; ".join(f"{finding.name}: {finding.detail}" for finding in escaped)
            + ". Run `python -m sandbox doctor` for the whole picture."
        )


def warm(store: Store, pool: Any) -> None:
    """Have cells of the kinds that the published exercises need waiting before the first learner."""
    profiles = dict.fromkeys(
        profile for package in newest(store) for profile in (answer_profile(package), judge_profile(package))
    )
    for profile in profiles:
        with suppress(Exception):
            pool.warm(profile)


def newest(store: Store) -> list[Package]:
    """The latest package of each exercise."""
    found: dict[str, tuple[float, Package]] = {}
    for folder in store.folder.glob("*") if store.folder.exists() else ():
        if not folder.name.isalnum():
            continue
        with suppress(PackageError):
            package, changed = store.get(folder.name), folder.stat().st_mtime
            if package.key not in found or found[package.key][0] < changed:
                found[package.key] = (changed, package)
    return [package for _, package in found.values()]

"""A checkout from which images are built, and the images themselves, for as long as the tests run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import docker
import pytest

from learn.starting.engines import docker_answers
from sandbox.images.base import target_of
from tests.checkout import copy_to
from tests.stack.images import ROOT, base, download, tag_of


@pytest.fixture(scope="session")
def context(tmp_path_factory) -> Iterator[Path]:
    """A checkout with what the builds need from registries, fetched here: inside a build there may be no network."""

    if not docker_answers():
        pytest.skip("no Docker engine answers")
    api = docker.from_env(timeout=600).api  # removing images takes a busy engine minutes
    python = target_of(api, base())
    folder = tmp_path_factory.mktemp("context")
    copy_to(folder)
    bundle = ROOT / "platform" / "learn" / "static" / "dist"
    if not bundle.is_dir():
        pytest.skip("the front end's bundle is not built: ./run --setup-only builds it")
    shutil.copytree(bundle, folder / "containers" / "offline" / "dist")
    download(folder, python)
    yield folder
    for name in ("web", "web-online", "grader", "postgres", "redis", "base"):
        with suppress(docker.errors.ImageNotFound):
            api.remove_image(tag_of(name), force=True)
    api.prune_images({"dangling": True, "label": "anneal.stage=build"})

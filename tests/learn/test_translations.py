"""Every text of the site can be read in Chinese, with the same blanks to fill in."""

import re

import pytest

from learn import translating
from learn.starting import catalogues


@pytest.mark.parametrize("folder", translating.folders(), ids=lambda folder: folder.name)
def test_every_text_is_translated(folder):
    assert [message.id for message in translating.untranslated(folder)] == []


@pytest.mark.parametrize("folder", translating.folders(), ids=lambda folder: folder.name)
def test_a_translation_has_the_blanks_of_its_original(folder):
    for message in translating.kept(folder):
        if not message.id or not message.string:
            continue
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for string in strings:
            assert blanks(string) <= blanks(originals[-1]), message.id
            assert blanks(originals[-1]) - blanks(string) <= {"%(n)s", "%(count)s"}, message.id


def test_the_catalogues_compile_without_a_problem():
    assert catalogues.compile_all() == []


def blanks(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|\{\w+\}", text))


def test_texts_of_code_and_templates_are_found(tmp_path, monkeypatch):
    monkeypatch.setattr(translating, "LEARN", tmp_path)
    (tmp_path / "app" / "templates").mkdir(parents=True)
    (tmp_path / "app" / "views.py").write_text('from x import gettext as _\n_("from code")\n')
    (tmp_path / "app" / "templates" / "page.html").write_text(
        "  {% translate 'indented' %}\n{% blocktranslate with a=b %}to {{ a }}{% endblocktranslate %}"
    )

    found = {message.id for message in translating.used(tmp_path / "app")}

    assert found >= {"from code", "indented", "to %(a)s"}


def test_an_update_keeps_translations_and_drops_what_is_unused(tmp_path, monkeypatch):
    monkeypatch.setattr(translating, "LEARN", tmp_path)
    (tmp_path / "app").mkdir()
    source = tmp_path / "app" / "views.py"
    source.write_text('_("stays"); _("goes")\n')
    translating.update(tmp_path / "app")
    path = translating.catalogue_of(tmp_path / "app")
    path.write_text(path.read_text().replace('msgid "stays"\nmsgstr ""', 'msgid "stays"\nmsgstr "留"'))
    source.write_text('_("stays"); _("new")\n')

    translating.update(tmp_path / "app")

    kept = {message.id: message.string for message in translating.kept(tmp_path / "app") if message.id}
    assert kept == {"stays": "留", "new": ""}
    assert [message.id for message in translating.untranslated(tmp_path / "app")] == ["new"]

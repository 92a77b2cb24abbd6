"""The page of the revision graph: whole in itself, with every revision, and nothing of the project taken for HTML."""

import re
from dataclasses import replace
from html.parser import HTMLParser

from nox_alembic.core.revisions.authors import Authors
from nox_alembic.core.revisions.graph import History, Revision
from nox_alembic.core.revisions.page import page
from nox_alembic.core.revisions.timeline import Timeline
from tests.unit.core.make import chain
from tests.unit.core.revisions.test_drawing import WIDE

SEEN = Timeline(project="sample", history=WIDE, current=("m1",))


class Elements(HTMLParser):
    """Collects the elements that are open at the end, and all that were opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.met: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.met.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.met.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_it_is_well_formed_with_a_row_and_a_dot_for_each_revision_and_a_path_for_each_edge() -> None:
    elements = Elements(page(replace(SEEN, current=None)))
    assert elements.open == []
    assert (elements.met.count("li"), elements.met.count("circle")) == (len(WIDE.revisions), len(WIDE.revisions))
    assert elements.met.count("path") == sum(len(revision.parents) for revision in WIDE.revisions.values())


def test_it_fetches_nothing_and_runs_nothing() -> None:
    assert not re.findall(r"https?:|url\(|@import|<script|<link|src=", page(SEEN))


def test_it_knows_light_and_dark() -> None:
    assert "prefers-color-scheme: dark" in page(SEEN)


def test_what_a_message_says_is_text() -> None:
    history = History.of([Revision(id="a1", message='<b>"bold" & $title</b>', labels=("<i>",))])
    text = page(Timeline(project="<p>", history=history))
    assert "&lt;b&gt;&quot;bold&quot; &amp; $title&lt;/b&gt;" in text
    assert "label &lt;i&gt;" in text
    assert "<title>&lt;p&gt;: revisions</title>" in text


def test_it_says_where_the_database_is_and_what_is_not_known() -> None:
    text = page(replace(SEEN, current=("m1", "zz"), authors=Authors(limit="the clone is shallow")))
    assert "10 revisions, 1 head, 4 applied, 6 pending" in text
    assert "The database is at zz, and this branch has no such revision." in text
    assert "the clone is shallow" in text
    assert "what is applied is not known" in page(replace(SEEN, current=None))


def test_a_project_without_revisions_has_a_page_too() -> None:
    assert "0 revisions, 0 heads" in page(Timeline(project="sample"))
    assert "1 revision, 1 head" in page(Timeline(project="sample", history=chain("a1")))

"""The service over HTTP: what each request is answered with."""

import shutil
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL

from ddsurveys.api import create_app
from ddsurveys.settings import Settings
from tests.integration.ddsurveys.conftest import ROOT

HEAD = "a9f60d13e5c2"


@pytest.fixture
def researcher(migrated: Config, engine: Engine) -> int:
    with engine.begin() as connection:
        statement = text("INSERT INTO researchers (email, name) VALUES ('ada@example.org', 'Ada') RETURNING id")
        return int(connection.execute(statement).scalar_one())


@pytest.fixture
def project(client: TestClient, researcher: int) -> int:
    body = {"researcher_id": researcher, "name": "Screen time", "short_name": "screen-time"}
    return int(client.post("/projects", json=body).json()["id"])


def test_a_project_is_made_read_listed_changed_and_deleted(client: TestClient, researcher: int) -> None:
    made = client.post("/projects", json={"researcher_id": researcher, "name": "Music", "short_name": "music"})
    assert made.status_code == 201
    assert made.headers["location"] == f"/projects/{made.json()['id']}"
    place = made.headers["location"]
    assert client.get(place).json() == made.json()
    assert client.get("/projects").json() == [made.json()]
    changed = client.patch(place, json={"respondent_limit": 10})
    assert (changed.status_code, changed.json()) == (200, {**made.json(), "respondent_limit": 10})
    assert client.patch(place, json={"respondent_limit": None}).json()["respondent_limit"] is None
    assert client.delete(place).status_code == 204
    assert client.get(place).status_code == 404


def test_a_respondent_is_made_read_listed_changed_and_deleted(client: TestClient, project: int) -> None:
    made = client.post("/respondents", json={"project_id": project, "external_id": "R1"})
    assert made.status_code == 201
    place = made.headers["location"]
    assert client.get(place).json() == made.json()
    assert client.get("/respondents", params={"project_id": project}).json() == [made.json()]
    assert client.get("/respondents", params={"project_id": project + 1}).json() == []
    assert client.patch(place, json={"external_id": "R2"}).json()["external_id"] == "R2"
    assert client.delete(place).status_code == 204
    assert client.delete(place).status_code == 404


def test_lists_come_in_pages(client: TestClient, project: int) -> None:
    for number in range(5):
        client.post("/respondents", json={"project_id": project, "external_id": f"R{number}"})
    page = client.get("/respondents", params={"limit": 2, "offset": 2}).json()
    assert [respondent["external_id"] for respondent in page] == ["R2", "R3"]
    assert client.get("/respondents", params={"limit": 0}).status_code == 422
    assert client.get("/respondents", params={"offset": -1}).status_code == 422


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"short_name": "Not A Short Name"},
        {"respondent_limit": 0},
        {"researcher_id": "x"},
        {"researcher_id": 2**64},
        {"owner": "me"},
    ],
)
def test_what_is_not_valid_is_refused(client: TestClient, researcher: int, change: dict[str, object]) -> None:
    body = {"researcher_id": researcher, "name": "Music", "short_name": "music"}
    assert client.post("/projects", json={**body, **change}).status_code == 422
    assert client.get("/projects").json() == []


def test_a_change_must_be_valid_too(client: TestClient, project: int) -> None:
    for change in ({"name": None}, {"name": ""}, {"respondent_limit": -1}, {"id": 7}):
        assert client.patch(f"/projects/{project}", json=change).status_code == 422
    assert client.patch("/projects/99", json={"name": "x"}).status_code == 404


def test_a_duplicate_is_a_conflict_that_names_the_rule(client: TestClient, project: int, researcher: int) -> None:
    again = client.post("/projects", json={"researcher_id": researcher, "name": "x", "short_name": "screen-time"})
    assert (again.status_code, again.json()) == (
        409,
        {"detail": "there is another row with this short_name"},
    )


def test_a_reference_to_nothing_is_refused(client: TestClient, project: int) -> None:
    made = client.post("/respondents", json={"project_id": project + 1, "external_id": "R1"})
    assert (made.status_code, made.json()) == (422, {"detail": "project_id refers to a row that does not exist"})


@pytest.mark.parametrize("name", [b'"a\\u0000b"', b"NaN", b'"\\ud800"', b'"   "', b'"' + b"x" * 201 + b'"'])
def test_what_cannot_be_stored_is_refused_and_not_repeated(client: TestClient, researcher: int, name: bytes) -> None:
    body = b'{"researcher_id": %d, "short_name": "x", "name": %b}' % (researcher, name)
    answer = client.post("/projects", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert '"input":' not in answer.text


def test_a_project_with_respondents_is_not_deleted(client: TestClient, project: int) -> None:
    client.post("/respondents", json={"project_id": project, "external_id": "R1"})
    refused = client.delete(f"/projects/{project}")
    assert (refused.status_code, refused.json()) == (409, {"detail": f"project {project} is still in use"})
    assert client.get(f"/projects/{project}").status_code == 200


def test_health_is_good_at_head(client: TestClient, migrated: Config) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "revision": HEAD, "head": HEAD})


def test_health_is_bad_behind_head(client: TestClient, migrated: Config) -> None:
    command.downgrade(migrated, "-1")
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "behind")


def test_health_sees_a_revision_that_comes_while_it_runs(url: URL, migrated: Config, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "alembic", tmp_path / "alembic")
    shutil.copy(ROOT / "alembic.ini", tmp_path)
    with TestClient(create_app(Settings(database_url=url, alembic_config=tmp_path / "alembic.ini"))) as client:
        assert client.get("/health").status_code == 200
        new = f'revision = "0123456789ab"\ndown_revision = "{HEAD}"\n'
        (tmp_path / "alembic/versions/new.py").write_text(new)
        answer = client.get("/health")
        assert (answer.status_code, answer.json()["head"]) == (503, "0123456789ab")


def test_health_with_a_broken_revision_file_is_an_answer_too(url: URL, migrated: Config, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "alembic", tmp_path / "alembic")
    shutil.copy(ROOT / "alembic.ini", tmp_path)
    (tmp_path / "alembic/versions/new.py").write_text("revision = (")
    with TestClient(create_app(Settings(database_url=url, alembic_config=tmp_path / "alembic.ini"))) as client:
        answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "broken")


def test_health_without_a_database_is_an_answer_too(url: URL) -> None:
    nowhere = Settings(database_url=url.set(port=1))
    with TestClient(create_app(nowhere)) as client:
        answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (503, {"status": "unreachable", "revision": None, "head": HEAD})

"""The service over HTTP: routes, the shapes of requests and answers, status codes."""

import datetime as dt
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from ddsurveys import service
from ddsurveys.database import BrokenHistoryError, look_at_revisions, make_engine, make_probe
from ddsurveys.models import Project, Respondent
from ddsurveys.settings import Settings, read_settings

# PostgreSQL takes no NUL in a text.
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
ShortName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Key = Annotated[int, Field(gt=0, lt=2**63)]
Limit = Annotated[int, Query(ge=1, le=200)]
Offset = Annotated[int, Query(ge=0, lt=2**63)]


class ProjectIn(BaseModel):
    """A project to create."""

    model_config = ConfigDict(extra="forbid")

    researcher_id: Key
    name: Text
    short_name: ShortName
    respondent_limit: Key | None = None


class ProjectChange(BaseModel):
    """The columns of a project that may change; omitted columns stay."""

    model_config = ConfigDict(extra="forbid")

    name: Text = ""
    short_name: ShortName = ""
    respondent_limit: Key | None = None


class ProjectOut(ProjectIn):
    """A project as it is."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    created_at: dt.datetime


class RespondentIn(BaseModel):
    """A respondent to create."""

    model_config = ConfigDict(extra="forbid")

    project_id: Key
    external_id: Text


class RespondentChange(BaseModel):
    """The columns of a respondent that may change."""

    model_config = ConfigDict(extra="forbid")

    external_id: Text = ""


class RespondentOut(RespondentIn):
    """A respondent as they are."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    created_at: dt.datetime


def session_of(request: Request) -> Iterator[Session]:
    """Yield a session for one request."""
    with Session(request.app.state.engine, expire_on_commit=False) as session:
        yield session


InSession = Annotated[Session, Depends(session_of)]
projects = APIRouter(prefix="/projects", tags=["projects"])
respondents = APIRouter(prefix="/respondents", tags=["respondents"])
health = APIRouter(tags=["health"])


@projects.post("", status_code=status.HTTP_201_CREATED, response_model=ProjectOut)
def create_project(session: InSession, body: ProjectIn, response: Response) -> Project:
    project = service.create(session, Project(**body.model_dump()))
    response.headers["Location"] = f"/projects/{project.id}"
    return project


@projects.get("", response_model=list[ProjectOut])
def list_projects(session: InSession, limit: Limit = 50, offset: Offset = 0) -> Sequence[Project]:
    return service.list_all(session, Project, limit=limit, offset=offset)


@projects.get("/{key}", response_model=ProjectOut)
def read_project(session: InSession, key: Key) -> Project:
    return service.read(session, Project, key)


@projects.patch("/{key}", response_model=ProjectOut)
def change_project(session: InSession, key: Key, body: ProjectChange) -> Project:
    return service.change(session, Project, key, body.model_dump(exclude_unset=True))


@projects.delete("/{key}", status_code=status.HTTP_204_NO_CONTENT)
def delete_project(session: InSession, key: Key) -> None:
    service.delete(session, Project, key)


@respondents.post("", status_code=status.HTTP_201_CREATED, response_model=RespondentOut)
def create_respondent(session: InSession, body: RespondentIn, response: Response) -> Respondent:
    respondent = service.create(session, Respondent(**body.model_dump()))
    response.headers["Location"] = f"/respondents/{respondent.id}"
    return respondent


@respondents.get("", response_model=list[RespondentOut])
def list_respondents(
    session: InSession, project_id: Key | None = None, limit: Limit = 50, offset: Offset = 0
) -> Sequence[Respondent]:
    return service.list_all(session, Respondent, limit=limit, offset=offset, project_id=project_id)


@respondents.get("/{key}", response_model=RespondentOut)
def read_respondent(session: InSession, key: Key) -> Respondent:
    return service.read(session, Respondent, key)


@respondents.patch("/{key}", response_model=RespondentOut)
def change_respondent(session: InSession, key: Key, body: RespondentChange) -> Respondent:
    return service.change(session, Respondent, key, body.model_dump(exclude_unset=True))


@respondents.delete("/{key}", status_code=status.HTTP_204_NO_CONTENT)
def delete_respondent(session: InSession, key: Key) -> None:
    service.delete(session, Respondent, key)


@health.get("/health")
def read_health(request: Request) -> JSONResponse:
    """Return 200 when the database is at the head of the code, else 503."""
    try:
        seen = look_at_revisions(request.app.state.probe, request.app.state.settings.alembic_config)
    except BrokenHistoryError:
        broken = {"status": "broken", "revision": None, "head": None}
        return JSONResponse(broken, status.HTTP_503_SERVICE_UNAVAILABLE)
    word = "ok" if seen.at_head else "behind" if seen.reachable else "unreachable"
    body = {"status": word, "revision": ", ".join(seen.current) or None, "head": ", ".join(seen.heads) or None}
    return JSONResponse(body, status.HTTP_200_OK if seen.at_head else status.HTTP_503_SERVICE_UNAVAILABLE)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application.

    uvicorn passes no settings: then they come from the environment.
    """
    settings = settings or read_settings(os.environ)
    engine = make_engine(settings.database_url)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        engine.dispose()

    app = FastAPI(title="Data donation surveys", lifespan=lifespan)
    app.state.engine, app.state.settings = engine, settings
    app.state.probe = make_probe(settings.database_url)
    for router in (projects, respondents, health):
        app.include_router(router)
    app.add_exception_handler(service.NotFoundError, _answer(status.HTTP_404_NOT_FOUND))
    app.add_exception_handler(service.ConflictError, _answer(status.HTTP_409_CONFLICT))
    app.add_exception_handler(service.MissingReferenceError, _answer(status.HTTP_422_UNPROCESSABLE_CONTENT))
    app.add_exception_handler(RequestValidationError, _invalid)
    return app


def _answer(code: int) -> Callable[[Request, Exception], JSONResponse]:
    """Return a handler that answers an error with a status code and its message."""

    def answer(_request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, code)

    return answer


def _invalid(_request: Request, error: Exception) -> JSONResponse:
    """Return the answer to invalid input, without the input.

    The input may contain what JSON cannot carry.
    """
    found = error.errors() if isinstance(error, RequestValidationError) else []
    detail = [{"loc": list(each["loc"]), "msg": each["msg"], "type": each["type"]} for each in found]
    return JSONResponse({"detail": detail}, status.HTTP_422_UNPROCESSABLE_CONTENT)

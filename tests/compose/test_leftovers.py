"""A throw-away project whose run was killed is removed by the next verb; one of another machine is left alone."""

from tests.compose.conftest import docker
from tests.integration.test_undo import killed
from tests.project import Project


def throw_aways(project: Project) -> list[str]:
    """Return the containers and networks of throw-away projects of that project."""
    containers = docker("ps", "-a", "--format", "{{.Names}}").split()
    networks = docker("network", "ls", "--format", "{{.Name}}").split()
    return [name for name in (*containers, *networks) if name.startswith(f"{project.variables['PROJECT']}-test-")]


def test_containers_and_networks_of_a_killed_test_are_removed(project: Project) -> None:
    project.write("pyproject.toml", (project.root / "pyproject.toml").read_text() + 'test-command = "sleep 60"\n')
    project.good("dev")
    killed(project, "after AwaitDatabase", "test")
    assert len(throw_aways(project)) == 2
    running = project.start("test")
    try:
        while len(throw_aways(project)) < 4:
            assert running.poll() is None
        left = "removed what a run that did not end has left: environment "
        assert left in project.good("downgrade", "--yes").err
        assert len(throw_aways(project)) == 2, "those of the one that runs"
    finally:
        running.kill()
        running.wait()
    container, network = throw_aways(project)
    as_of_another_machine(container)
    project.good("migrate")
    assert throw_aways(project) == [container, network]
    docker("rm", "-f", container)
    project.good("downgrade", "--yes")
    assert throw_aways(project) == []


def as_of_another_machine(container: str) -> None:
    """Let the container look as one that another machine has made with the same daemon."""
    name, _, _ = container.rpartition("-db-")
    labels = (f"com.docker.compose.project={name}", "nox-alembic.throwaway=another machine")
    image = docker("inspect", "-f", "{{.Image}}", container).strip()
    docker("rm", "-f", container)
    docker("create", "--name", container, *(word for one in labels for word in ("--label", one)), image)

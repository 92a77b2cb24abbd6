"""`python -m nox_alembic` is `nox-alembic`."""

from nox_alembic.cli import main

if __name__ == "__main__":
    main()

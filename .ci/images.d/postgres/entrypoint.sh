#!/usr/bin/env bash
# The part of the public image's entrypoint that the project relies on: users, variables, a server that listens on a
# socket only while the data is initialised, and the real one as process 1.
set -euo pipefail

# Each may be in a file, such as a secret of Compose, which root reads.
for name in POSTGRES_USER POSTGRES_PASSWORD POSTGRES_DB; do
    file=${name}_FILE
    [ -z "${!file:-}" ] || export "$name=$(<"${!file}")"
    unset "$file"
done

if [ "$1" = postgres ] && [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA"
    chmod 0700 "$PGDATA"
    find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
    exec setpriv --reuid postgres --regid postgres --init-groups "$0" "$@"
fi

initialise() {
    local user=${POSTGRES_USER:-postgres}
    local database=${POSTGRES_DB:-$user}
    : "${POSTGRES_PASSWORD:?the superuser needs a password}"
    # shellcheck disable=SC2086 # several options in one variable, as in the public image
    initdb --username="$user" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") ${POSTGRES_INITDB_ARGS:-}
    printf '\nhost all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
    pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
    if [ "$database" != postgres ]; then
        psql --no-psqlrc -v ON_ERROR_STOP=1 -U "$user" -d postgres -v db="$database" <<<'CREATE DATABASE :"db"'
    fi
    for script in /docker-entrypoint-initdb.d/*; do
        case "$script" in
            *.sh) bash "$script" ;;
            *.sql) psql --no-psqlrc -v ON_ERROR_STOP=1 -U "$user" -d "$database" -f "$script" ;;
        esac
    done
    pg_ctl -D "$PGDATA" -m fast -w stop
}

if [ "$1" = postgres ]; then
    shift
    [ -s "$PGDATA/PG_VERSION" ] || initialise
    exec postgres -c listen_addresses='*' "$@"
fi
exec "$@"

#!/bin/sh
# Moves data between volumes, in a helper container: swap.sh (swap|settle) FOLDER VOLUME TO SOURCE. FOLDER has the
# folders of all volumes.
# A swap moves what VOLUME holds to TO, and what SOURCE holds to VOLUME; SOURCE may be TO. What lies in TO meanwhile
# tells how far it came: `_incoming` is what VOLUME gets, and from `_kept` on it is decided that the swap happens. By
# that it is settled: finished or taken back. The probe is there since `mv` copies where it cannot rename.
set -eu
verb=$1 volume=$3 to=$4 source=$5
cd "$2"
fail() { echo "$1"; exit 1; }
is_folder() { [ -d "$1" ] && [ ! -L "$1" ]; }
move() { [ ! -e "$2" ] || fail "$2 is there already"; mv "$1" "$2"; }
# shellcheck disable=SC2046 # the number is the first of the words
number() { set -- $(ls -id "$1"); echo "$1"; }

ended() {
  found=$(find "$to/_data" -maxdepth 3 -name PG_VERSION 2>/dev/null | head -n 1)
  [ -z "$found" ] || echo "server $(cat "$found")"
  echo "$1"
}

[ "$verb" = swap ] || [ ! -d "$to/_kept" ] || [ -e "$to/_incoming" ] || { ended kept; exit; }
for one in "$volume" "$to" "$source"; do
  is_folder "$one" || fail "there is no folder of the volume $one"
done

if [ "$verb" = settle ]; then
  outcome=not
  if [ -d "$to/_kept" ]; then
    move "$to/_incoming" "$volume/_data"
    outcome=kept
  elif [ -d "$to/_incoming" ]; then
    [ -d "$volume/_data" ] || move "$to/_data" "$volume/_data"
    move "$to/_incoming" "$source/_data"
  fi
else
  if [ -e "$to/_kept" ] || [ -e "$to/_incoming" ]; then fail "the volume $to has been used already"; fi
  is_folder "$volume/_data" || fail "the volume $volume has no folder _data"
  is_folder "$source/_data" || fail "the volume $source has no folder _data"
  mkdir -p "$volume/_probe"
  before=$(number "$volume/_probe")
  mv "$volume/_probe" "$to/_probe"
  after=$(number "$to/_probe")
  rmdir "$to/_probe"
  [ "$before" = "$after" ] || fail "what is in the volume $volume can only be copied"
  outcome=kept
  [ -n "$(find "$volume/_data" -maxdepth 3 -name PG_VERSION 2>&1)" ] || outcome=empty
  move "$source/_data" "$to/_incoming"
  [ "$source" = "$to" ] || rmdir "$to/_data"
  move "$volume/_data" "$to/_data"
  mkdir "$to/_kept"
  move "$to/_incoming" "$volume/_data"
fi
sync "$volume" "$to" || :
ended "$outcome"

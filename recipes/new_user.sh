#!/bin/sh
# The path of a new user, as the README and the course have it, in an empty folder:
#
#   sh recipes/new_user.sh FOLDER [REPOSITORY]
#
# clones REPOSITORY (default: this one) into FOLDER, types `make demo` and `make course`, runs the first seven lessons,
# starts a project of its own with answers piped in, runs its tests, serves its page and asks it a question. It ends with
# status 1 at the first step that fails. Packages come from pip's index; the first time that takes several minutes.
# PACKAGES=FOLDER names the site-packages of an environment whose packages are used instead of being installed again.
set -eu

repository=${2:-$(cd "$(dirname "$0")/.." && pwd)}
mkdir -p "$1"
cd "$1"
if [ -n "$(ls -A)" ]; then
    echo "$1 isn't empty. Name an empty folder." >&2
    exit 2
fi
step() {
    printf '\n== %s (%s)\n' "$1" "$(date +%T)"
}

step "clone"
git clone --quiet "$repository" sensorium
cd sensorium
if [ -n "${PACKAGES:-}" ]; then
    "${PYTHON:-python3}" -m venv .venv
    for own in .venv/lib/python*/site-packages; do echo "$PACKAGES" > "$own/packages.pth"; done
fi

step "make demo"
make demo
test -s demo/index.html

step "make course"
make course

for lesson in course/0[1-7]-*/; do
    step "sensorium lesson run $(basename "$lesson")"
    .venv/bin/sensorium lesson run "$(basename "$lesson")"
done

step "sensorium new"
PATH=$PWD/.venv/bin:$PATH
cd ..
printf 'picture\nanswer\nen\nlocal\nnone\n' | sensorium new "Sign reader"
cd sign-reader

step "its tests"
python -m pip install --quiet --disable-pip-version-check -e ".[test]"
python -m pytest

step "its page"
python -u -m sign_reader --port 0 > ../address.txt &
server=$!
trap 'kill $server 2> /dev/null || true' EXIT
waited=0
until [ -s ../address.txt ] || [ $waited -ge 120 ]; do
    sleep 1
    waited=$((waited + 1))
done
python - "$(head -n 1 ../address.txt)" << 'PYTHON'
import sys

import httpx

address = sys.argv[1].rstrip("/")
page = httpx.get(address, timeout=60, follow_redirects=True)
page.raise_for_status()
assert "<h1" in page.text and "Sign reader" in page.text, page.text[:500]
with open("samples/sample.png", "rb") as sample:
    asked = {"file": ("sample.png", sample)}, {"question": "What does it say?"}
    answer = httpx.post(f"{address}/api/ask", files=asked[0], data=asked[1], timeout=120)
answer.raise_for_status()
print("The page answers:", answer.json()["text"])
assert answer.json()["text"] and not answer.json()["abstained"]
PYTHON

step "done"
